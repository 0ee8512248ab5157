import type { Deploy } from '../store/store.js';

/** Which deploys a log shows. What is missing does not restrict it. */
export interface DeployFilter {
  /** Deploys of this time or later. Milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Deploys of this time or earlier. */
  readonly until?: number | undefined;
  /** Matches a part of the author's name. */
  readonly author?: RegExp | undefined;
  /** Matches a part of the message. */
  readonly message?: RegExp | undefined;
}

/** @param deploy null: dropped by gc. Nothing is known of it, so no filter selects it. */
export function isWanted(deploy: Deploy | null, filter: DeployFilter): boolean {
  const { since, until, author, message } = filter;
  if (deploy === null) return [since, until, author, message].every((each) => each === undefined);
  return (
    deploy.time >= (since ?? -Infinity) &&
    deploy.time <= (until ?? Infinity) &&
    author?.test(deploy.author) !== false &&
    message?.test(deploy.message) !== false
  );
}
