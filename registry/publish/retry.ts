import { ModcastError, type Channel } from '../../schema/index.js';

/** Each failed attempt means that another process has made a deploy, so this many have to come first. */
const ATTEMPTS = 50;

/**
 * Repeats `attempt` if another process makes a deploy on the channel between its look at the head and its
 * commit.
 *
 * @throws ModcastError `head-moved` after too many attempts
 */
export async function retryMovedHead<Result>(
  channel: Channel,
  attempt: () => Promise<Result>,
): Promise<Result> {
  let last: ModcastError | undefined;
  for (let n = 0; n < ATTEMPTS; n++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ModcastError) || error.code !== 'head-moved') throw error;
      last = error;
    }
  }
  const message = `other processes made deploys on ${channel} first, ${ATTEMPTS} times in a row; try again`;
  throw new ModcastError('head-moved', message, { found: last?.found, cause: last });
}
