import { ModcastError, type Diagnostic, type Hash, type Path } from '../schema/index.js';
import type { IngestResult } from './ingest/ingest.js';
import type { ReadProgress } from './ingest/read-modules.js';
import { nearest } from './closest.js';
import type { UnchangedCode } from './pages/unchanged-page.js';
import type { BootReport } from './socket/session-events.js';
import type { Deploy } from './store/store.js';

/**
 * Events of a registry, for `on`. A new one also needs a line in `EVENTS`; `npm run docs` puts it into
 * docs/api.md.
 */
export interface RegistryEvents {
  /** Progress while the directory is read for the first time. */
  reading: (progress: ReadProgress) => void;
  /** The packages that are being converted from CommonJS, as they begin and end. Empty: no more. */
  converting: (packages: readonly string[]) => void;
  /** The watched directory made a new deploy. */
  deploy: (result: IngestResult) => void;
  /**
   * A publish, rollback or promote made a new deploy, over HTTP or from another process. Only for channels in
   * use.
   */
  published: (deploy: Deploy) => void;
  /**
   * The list of problems in the directory's files has changed. With `listen` it also has missing imports and
   * import maps that do not parse.
   */
  problems: (problems: readonly Diagnostic[]) => void;
  /** The watched directory is gone, which changes no deploy; or it is back and is read again. */
  directory: (state: 'gone' | 'back') => void;
  /**
   * A page is served without the loader. `code` says why, `directive` is what forbids it in the page's
   * policy. Every navigation to the page emits it.
   */
  unchanged: (page: Path, code: UnchangedCode, directive: string | null) => void;
  /** A page has booted. */
  booted: (report: BootReport) => void;
  /** A page reports an error. */
  failed: (report: { deploy: number | null; stage: string; message: string }) => void;
  /**
   * The bytes of a stored blob do not match its hash. `repaired`: a file of the directory had the right
   * bytes.
   */
  damaged: (hash: Hash, repaired: boolean) => void;
  /** The application's own message from a page. */
  message: (topic: string, data: unknown) => void;
  /** Something failed in the registry itself. */
  error: (error: unknown) => void;
}

/** Every event's name, checked against the interface by the compiler. */
export const EVENTS: { readonly [name in keyof RegistryEvents]: true } = {
  reading: true,
  converting: true,
  deploy: true,
  published: true,
  problems: true,
  directory: true,
  unchanged: true,
  booted: true,
  failed: true,
  damaged: true,
  message: true,
  error: true,
};

/** Calls the listeners of a registry. */
export class RegistryEmitter {
  readonly #listeners = new Map<keyof RegistryEvents, Set<(...args: never[]) => void>>();

  /**
   * @returns a function that removes the listener
   * @throws ModcastError `event-unknown`
   */
  on<E extends keyof RegistryEvents>(event: E, listener: RegistryEvents[E]): () => void {
    checkEvent(event);
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  emit<E extends keyof RegistryEvents>(event: E, ...args: Parameters<RegistryEvents[E]>): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      (listener as (...args: unknown[]) => void)(...args);
    }
  }
}

/** A listener for an unknown event would wait forever. @throws ModcastError `event-unknown` */
function checkEvent(name: unknown): void {
  if (typeof name === 'string' && Object.hasOwn(EVENTS, name)) return;
  const { name: expected, hint } = nearest(String(name), Object.keys(EVENTS));
  throw new ModcastError('event-unknown', `no event "${String(name)}"${hint}`, { expected, found: name });
}
