import type { Scenario } from './suite.js';

/** An error by the name of its constructor, or what else was thrown by its type. */
export interface Thrown {
  readonly name: string;
  readonly message: string;
}

/**
 * What a page reports of its test. Null: it has not ended in time. `hangs`: nor could its browser answer any
 * more.
 */
export type Seen =
  | null
  | 'hangs'
  | {
      /** The first text that the test gave to `print`. */
      readonly printed: string | null;
      /** The error events of the window, in order. */
      readonly errors: readonly Thrown[];
      /** What `import()` of a module test did. */
      readonly imported: 'fulfilled' | Thrown | null;
    };

const COMPLETE = 'Test262:AsyncTestComplete';

/** INTERPRETING.md, "Test Results". */
export function isPassed({ flags, negative }: Scenario, seen: Seen): boolean {
  if (seen === null || seen === 'hangs') return false;
  const [reported] = seen.errors;
  // In WebKit, import() of a module that has thrown is fulfilled.
  const failed = typeof seen.imported === 'object' ? (seen.imported ?? reported) : reported;
  if (negative !== null) return failed?.name === negative;
  if (flags.includes('async')) return seen.printed === COMPLETE && reported === undefined;
  return failed === undefined;
}

/**
 * What two runs of a test have to have in common: how it ended, and the kinds of errors. Not the messages,
 * which contain URLs. An asynchronous test ends with the first thing that it does, so only that counts.
 */
export function signature(scenario: Scenario, seen: Seen): string {
  const isPass = isPassed(scenario, seen);
  if (seen === null || seen === 'hangs') return String(seen);
  const reported = seen.errors.map(({ name }) => name);
  const imported = typeof seen.imported === 'object' ? seen.imported?.name : undefined;
  const kinds = scenario.flags.includes('async') ? [reported[0] ?? imported] : [imported, ...reported];
  return JSON.stringify([isPass, seen.printed?.split(':', 3).join(':'), ...kinds]);
}

const thrownText = ({ name, message }: Thrown): string => `${name}: ${message}`;

/** For reading: `fails: reports SyntaxError: …, import() is rejected with SyntaxError: …`. */
export function describeRun(scenario: Scenario, seen: Seen): string {
  if (seen === null) return 'does not end';
  if (seen === 'hangs') return 'hangs the browser';
  const { printed, errors, imported } = seen;
  const parts = [
    ...errors.map((error) => `reports ${thrownText(error)}`),
    ...(imported === null || imported === 'fulfilled' ? [] : [`import() fails with ${thrownText(imported)}`]),
    ...(printed === null || printed === COMPLETE ? [] : [`prints ${printed}`]),
  ];
  return [isPassed(scenario, seen) ? 'passes' : 'fails', ...parts].join(', ');
}
