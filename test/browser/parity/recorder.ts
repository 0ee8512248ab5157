/**
 * What the browser reported to a page's window. The functions of this file run inside the page, each on its
 * own.
 */
export interface PageRecord {
  /** `error` events in order: uncaught exceptions, and elements that failed to load. */
  errors: (UncaughtError | FailedElement)[];
  /** `unhandledrejection` events in order. */
  rejections: { name: string; message: string }[];
}

export interface UncaughtError {
  message: string;
  filename: string;
  lineno: number;
  colno: number;
  /** The error's `name`, or the type of what was thrown when that is no Error. */
  name: string;
}

export interface FailedElement {
  element: string;
  source: string;
}

interface FixtureGlobals {
  log?: unknown[];
  finished?: Promise<unknown>;
}

/**
 * Runs before every script of the page. It listens from the first script on that defines `globalThis.log`, as
 * the page's own scripts do: what comes before these sees what they cannot. A registered symbol holds the
 * record, where no page stumbles over it.
 */
export function installRecorder(): void {
  const record: PageRecord = { errors: [], rejections: [] };
  Object.defineProperty(globalThis, Symbol.for('parity.record'), { value: record });
  const nameOf = (thrown: unknown) => (thrown instanceof Error ? thrown.name : typeof thrown);
  const listen = () => {
    addEventListener(
      'error',
      (event) => {
        if (event.target instanceof Element) {
          const source = event.target.getAttribute('src') ?? event.target.getAttribute('href') ?? '';
          record.errors.push({ element: event.target.localName, source });
        } else {
          const { message, filename, lineno, colno, error } = event;
          record.errors.push({ message, filename, lineno, colno, name: nameOf(error) });
        }
      },
      true,
    );
    addEventListener('unhandledrejection', ({ reason }) => {
      record.rejections.push({
        name: nameOf(reason),
        message: reason instanceof Error ? reason.message : String(reason),
      });
    });
  };
  let log: unknown;
  Object.defineProperty(globalThis, 'log', {
    configurable: true,
    get: () => log,
    set(value: unknown) {
      if (log === undefined) listen();
      log = value;
    },
  });
}

/** Resolves once the loaded page has pushed 'done' or its `globalThis.finished` has settled. */
export async function untilFinished(): Promise<void> {
  const { log, finished } = globalThis as FixtureGlobals;
  if (!log) throw new Error('The page defines no globalThis.log');
  const done = new Promise<void>((resolve) => {
    if (log.includes('done')) resolve();
    log.push = (...entries) => {
      const length = Array.prototype.push.apply(log, entries);
      if (entries.includes('done')) resolve();
      return length;
    };
  });
  await (finished ? Promise.race([done, Promise.allSettled([finished])]) : done);
  // A rejection that nobody handles is reported in a task after the one that made it.
  await new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/** The log and the record as JSON text, so that the origin can be replaced wherever it occurs. */
export function readRecord(): string {
  const { log } = globalThis as FixtureGlobals;
  const record = (globalThis as Record<symbol, unknown>)[Symbol.for('parity.record')] as PageRecord;
  return JSON.stringify({ log: log ?? [], ...record });
}
