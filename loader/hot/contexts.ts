import { Emitter } from '../events.js';
import type { HotContext, HotEventName, HotPayload, ModuleNamespace } from './api.js';

type Namespaces = (ModuleNamespace | undefined)[];
type Data = Record<string, unknown>;

interface Acceptor {
  /** Natural URLs of the accepted modules. */
  readonly urls: readonly string[];
  readonly callback: (modules: Namespaces) => void;
}

/** What one instance of a module has registered. */
interface Registered {
  self: boolean;
  readonly acceptors: Acceptor[];
  readonly disposers: ((data: Data) => void | Promise<void>)[];
  readonly pruners: ((data: Data) => void | Promise<void>)[];
  readonly listeners: Listening[];
}

interface Listening {
  readonly event: string;
  readonly listener: unknown;
  readonly off: () => void;
}

export interface ContextsOptions {
  /** The natural URL that a specifier resolves to in a module. Throws as `import()` would reject. */
  readonly resolve: (specifier: string, referrer: string) => string;
  /** @param counts false for a module that no update has reached: see `reach` */
  readonly invalidate: (url: string, message: string | undefined, counts: boolean) => void;
  readonly send: (event: string, data: unknown) => void;
}

const NOTHING: readonly never[] = [];

/**
 * The `import.meta.hot` of each instance. Instances are named by the URL from which the engine loaded them.
 */
export class Contexts {
  readonly #options: ContextsOptions;
  readonly #registered = new Map<string, Registered>();
  readonly #data = new Map<string, Data>();
  /** Natural URLs of the modules that updates have reached. */
  readonly #reached = new Set<string>();
  readonly #events = new Emitter<Record<string, unknown>>();

  constructor(options: ContextsOptions) {
    this.#options = options;
  }

  create(url: string, instance: string): HotContext {
    const { resolve, invalidate, send } = this.#options;
    const registered: Registered = {
      self: false,
      acceptors: [],
      disposers: [],
      pruners: [],
      listeners: [],
    };
    this.#registered.set(instance, registered);
    const events = this.#events;
    const accept = (first?: unknown, callback?: unknown) => {
      if (typeof first === 'function' || first === undefined) {
        registered.self = true;
        const accepted = first as ((module: Namespaces[number]) => void) | undefined;
        registered.acceptors.push({ urls: [url], callback: ([module]) => accepted?.(module) });
        return;
      }
      const given = callback as ((modules: unknown) => void) | undefined;
      if (typeof first === 'string') {
        registered.acceptors.push({ urls: [resolve(first, url)], callback: ([module]) => given?.(module) });
      } else if (Array.isArray(first)) {
        const urls = first.map((specifier) => resolve(`${specifier}`, url));
        registered.acceptors.push({ urls, callback: (modules) => given?.(modules) });
      } else
        throw new TypeError('import.meta.hot.accept: expected a callback, a specifier or a list of them');
    };
    return {
      data: this.dataOf(url),
      accept: accept as HotContext['accept'],
      dispose: (callback) => void registered.disposers.push(callback),
      prune: (callback) => void registered.pruners.push(callback),
      invalidate: (message) => invalidate(url, message, this.#reached.has(url)),
      decline() {},
      on: (event, listener) => {
        const off = events.on(event, (payload) => (listener as (payload: unknown) => void)(payload));
        registered.listeners.push({ event, listener, off });
      },
      off: (event, listener) => {
        for (const listening of registered.listeners) {
          if (listening.event === event && listening.listener === listener) listening.off();
        }
      },
      send,
    };
  }

  dataOf(url: string): Data {
    let data = this.#data.get(url);
    if (data === undefined) this.#data.set(url, (data = {}));
    return data;
  }

  /**
   * An update reaches these modules: it replaces them, or they accept it. From now on they may invalidate
   * themselves. As in Vite, a module that runs for the first time has nothing to invalidate.
   */
  reach(urls: Iterable<string>): void {
    for (const url of urls) this.#reached.add(url);
  }

  acceptsItself(instance: string): boolean {
    return this.#registered.get(instance)?.self === true;
  }

  accepts(instance: string, url: string): boolean {
    return this.acceptorsOf(instance, url).length > 0;
  }

  /** The callbacks of an instance for when `url` is replaced. */
  acceptorsOf(instance: string, url: string): readonly Acceptor[] {
    return this.#registered.get(instance)?.acceptors.filter(({ urls }) => urls.includes(url)) ?? NOTHING;
  }

  async dispose(url: string, instance: string): Promise<void> {
    await this.#call(this.#registered.get(instance)?.disposers, url);
  }

  /** Nothing imports the module any more. Its data is dropped. */
  async prune(url: string, instance: string): Promise<void> {
    await this.#call(this.#registered.get(instance)?.pruners, url);
    this.#data.delete(url);
  }

  /** An error of a callback is reported as uncaught and does not stop the update. */
  async #call(callbacks: Readonly<Registered['disposers']> = NOTHING, url: string): Promise<void> {
    for (const callback of callbacks) {
      try {
        await callback(this.dataOf(url));
      } catch (error) {
        reportError(error);
      }
    }
  }

  /** The instance does not run any more: its callbacks are not called. */
  drop(instance: string): void {
    for (const { off } of this.#registered.get(instance)?.listeners ?? NOTHING) off();
    this.#registered.delete(instance);
  }

  /** Emits an event under Vite's name and under modcast's. */
  emit<K extends HotEventName>(event: K, payload: HotPayload<K>): void {
    this.#events.emit(`vite:${event}`, payload);
    this.#events.emit(`modcast:${event}`, payload);
  }

  /** Emits an event of the application. */
  emitCustom(event: string, data: unknown): void {
    this.#events.emit(event, data);
  }
}
