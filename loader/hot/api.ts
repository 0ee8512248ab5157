/** A module's namespace object. */
// Whoever accepts a module knows what it exports; the types of the page's own code say no more than Vite's do.
// oxlint-disable-next-line typescript/no-explicit-any
export type ModuleNamespace = Record<string, any> & { [Symbol.toStringTag]: 'Module' };

/** One boundary of an update. Paths are URL paths from the root of the origin, with their query. */
export interface HotUpdate {
  readonly type: 'js-update' | 'css-update';
  /** The module that accepted. */
  readonly path: string;
  /** What it accepted: itself, or a module that it imports. */
  readonly acceptedPath: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

/** An update that could not be applied, as the overlay shows it. */
export interface HotError {
  readonly message: string;
  readonly stack: string;
  /** Path of the file in the site. */
  readonly id?: string;
  /** Some lines around the place, with a mark below it. */
  readonly frame?: string;
  readonly loc?: { readonly file: string; readonly line: number; readonly column: number };
}

interface Payloads {
  beforeUpdate: { readonly type: 'update'; readonly updates: readonly HotUpdate[] };
  afterUpdate: { readonly type: 'update'; readonly updates: readonly HotUpdate[] };
  beforeFullReload: { readonly type: 'full-reload'; readonly path?: string };
  beforePrune: { readonly type: 'prune'; readonly paths: readonly string[] };
  invalidate: {
    readonly path: string;
    readonly message: string | undefined;
    readonly firstInvalidatedBy: string;
  };
  error: { readonly type: 'error'; readonly err: HotError };
  'ws:connect': Readonly<Record<string, never>>;
  'ws:disconnect': Readonly<Record<string, never>>;
}

/** What `import.meta.hot.on` hears of, under Vite's names and under ours. */
export type HotEvents = { [K in keyof Payloads as `vite:${K}` | `modcast:${K}`]: Payloads[K] };
export type HotEventName = keyof Payloads;
export type HotPayload<K extends HotEventName> = Payloads[K];

type Payload<E extends string> = E extends keyof HotEvents ? HotEvents[E] : unknown;

/** `import.meta.hot`, as Vite documents it (https://vite.dev/guide/api-hmr). */
export interface HotContext {
  /** Kept from one instance of the module to the next. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any;
  /** This module may be replaced by itself; what imports it stays as it is. */
  accept(): void;
  accept(callback: (module: ModuleNamespace | undefined) => void): void;
  /** A module that this one imports may be replaced without this one. */
  accept(dependency: string, callback: (module: ModuleNamespace | undefined) => void): void;
  /** Those that were not replaced come as undefined. */
  accept(dependencies: readonly string[], callback: (modules: (ModuleNamespace | undefined)[]) => void): void;
  /** Before this instance is replaced. A promise is waited for. */
  // oxlint-disable-next-line typescript/no-explicit-any
  dispose(callback: (data: any) => void | Promise<void>): void;
  /** When nothing imports the module any more. */
  // oxlint-disable-next-line typescript/no-explicit-any
  prune(callback: (data: any) => void | Promise<void>): void;
  /** The new instance cannot do: the update goes on to what imports this module. */
  invalidate(message?: string): void;
  /** Does nothing, as in Vite: `invalidate` says that an update cannot be taken. */
  decline(): void;
  on<E extends keyof HotEvents | (string & {})>(event: E, listener: (payload: Payload<E>) => void): void;
  off<E extends keyof HotEvents | (string & {})>(event: E, listener: (payload: Payload<E>) => void): void;
  /** The application's own, to the server; kept until there is a connection. */
  send(event: string, data?: unknown): void;
}
