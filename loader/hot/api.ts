/** A module's namespace object. */
// The module that accepts knows the exports. Vite's types are as loose.
// oxlint-disable-next-line typescript/no-explicit-any
export type ModuleNamespace = Record<string, any> & { [Symbol.toStringTag]: 'Module' };

/** One boundary of an update. Paths are URL paths from the root of the origin, with their query. */
export interface HotUpdate {
  readonly type: 'js-update' | 'css-update';
  /** The module that accepted. */
  readonly path: string;
  /** The accepted module: itself, or a module that it imports. */
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
  /** Some lines around the place, with a caret below it. */
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

/** The events of `import.meta.hot.on`, under Vite's names and under modcast's. */
export type HotEvents = { [K in keyof Payloads as `vite:${K}` | `modcast:${K}`]: Payloads[K] };
export type HotEventName = keyof Payloads;
export type HotPayload<K extends HotEventName> = Payloads[K];

type Payload<E extends string> = E extends keyof HotEvents ? HotEvents[E] : unknown;

/** `import.meta.hot`, as Vite documents it (https://vite.dev/guide/api-hmr). */
export interface HotContext {
  /** Kept from one instance of the module to the next. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any;
  /** This module may be replaced by itself. Its importers stay as they are. */
  accept(): void;
  accept(callback: (module: ModuleNamespace | undefined) => void): void;
  /** A module that this one imports may be replaced without this one. */
  accept(dependency: string, callback: (module: ModuleNamespace | undefined) => void): void;
  /** The callback gets undefined for each module that was not replaced. */
  accept(dependencies: readonly string[], callback: (modules: (ModuleNamespace | undefined)[]) => void): void;
  /** Called before this instance is replaced. A promise is awaited. */
  // oxlint-disable-next-line typescript/no-explicit-any
  dispose(callback: (data: any) => void | Promise<void>): void;
  /** Called when nothing imports the module any more. A promise is awaited. */
  // oxlint-disable-next-line typescript/no-explicit-any
  prune(callback: (data: any) => void | Promise<void>): void;
  /** This instance cannot apply the update: it goes on to the importers of this module. */
  invalidate(message?: string): void;
  /** Does nothing, as in Vite. Use `invalidate` for an update that cannot be applied. */
  decline(): void;
  on<E extends keyof HotEvents | (string & {})>(event: E, listener: (payload: Payload<E>) => void): void;
  off<E extends keyof HotEvents | (string & {})>(event: E, listener: (payload: Payload<E>) => void): void;
  /** Sends a message of the application to the server, once there is a connection. */
  send(event: string, data?: unknown): void;
}
