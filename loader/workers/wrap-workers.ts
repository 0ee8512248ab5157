import { withoutDeploys } from '../../importmap/deploy-url.js';

/** A global scope that starts workers: a page's, or a worker's. */
type Scope = typeof globalThis;

export interface WrapWorkersOptions {
  /** What relative URLs of workers are resolved against, now. */
  readonly base: () => string;
  /** The URL from which a module of the site is to run in a worker. Other URLs stay as they are. */
  readonly workerUrl: (url: string) => string;
}

/** Starts the module workers and worklets of a scope from other URLs. Classic workers stay as they are. */
export function wrapWorkers(scope: Scope, { base, workerUrl }: WrapWorkersOptions): void {
  const moved = (given: unknown): unknown => {
    // A page that requires Trusted Types takes no other value.
    if (scope.trustedTypes?.isScriptURL(given)) return given;
    try {
      const url = new URL(String(given), base()).href;
      const target = workerUrl(url);
      return target === url ? given : target;
    } catch {
      // The browser's own error.
      return given;
    }
  };
  for (const name of ['Worker', 'SharedWorker'] as const) {
    const native = scope[name] as typeof Worker | undefined;
    if (native === undefined) continue;
    const wrapped = new Proxy(native, {
      construct(target, [url, options, ...rest]: [unknown, WorkerOptions | string | undefined], newTarget) {
        const isModule = typeof options === 'object' && options?.type === 'module';
        const values = [isModule ? moved(url) : url, options, ...rest];
        const worker = Reflect.construct(
          target,
          options === undefined ? values.slice(0, 1) : values,
          newTarget,
        ) as Worker;
        if (isModule) worker.addEventListener('error', nameNaturalUrls);
        return worker;
      },
    });
    define(native.prototype, 'constructor', wrapped);
    define(scope, name, wrapped);
  }
  const worklet = (scope.Worklet as typeof Worklet | undefined)?.prototype;
  if (worklet === undefined) return;
  // oxlint-disable-next-line typescript/unbound-method
  const { addModule } = worklet;
  define(
    worklet,
    'addModule',
    {
      addModule(this: Worklet, url: unknown, ...rest: [WorkletOptions?]) {
        return Reflect.apply(addModule, this, [moved(url), ...rest]) as Promise<void>;
      },
    }.addModule,
  );
}

/** Makes the event of an error in a worker name natural URLs. Called before the page's listeners. */
function nameNaturalUrls(event: Event): void {
  for (const name of ['message', 'filename'] as const) {
    const text = (event as ErrorEvent)[name] as unknown;
    if (typeof text === 'string') define(event, name, withoutDeploys(text));
  }
}

const define = (object: object, key: string, value: unknown): void =>
  void Object.defineProperty(object, key, { value, configurable: true, writable: true });
