import { withoutDeploys } from '../../importmap/deploy-url.js';

/** A global scope that starts workers: a page's, or a worker's. */
type Scope = typeof globalThis;

/** A worker or worklet that is about to start. URLs are absolute. */
export interface WorkerStart {
  readonly kind: 'Worker' | 'SharedWorker' | 'Worklet';
  readonly isModule: boolean;
  /** As the scope gave it. */
  readonly url: string;
  /** From which it starts. */
  readonly target: string;
  /** What the scope gave besides: undefined, options, or the name of a shared worker. */
  readonly options: unknown;
}

/** What is to become of a start. */
export interface WatchedStart {
  /** Other options. */
  readonly options?: unknown;
  readonly started?: (worker: Worker) => void;
}

export interface WrapWorkersOptions {
  /** What relative URLs of workers are resolved against, now. */
  readonly base: () => string;
  /** The URL from which a module of the site is to run in a worker. Other URLs stay as they are. */
  readonly workerUrl: (url: string, kind: WorkerStart['kind']) => string;
  /** Called before each start. */
  readonly starting?: (start: WorkerStart) => WatchedStart;
}

interface Start extends WatchedStart {
  /** Absolute. Undefined where it does not parse. */
  readonly url?: string;
  /** What the browser gets as the URL. */
  readonly given: unknown;
}

/** Starts the module workers and worklets of a scope from other URLs. Classic workers stay as they are. */
export function wrapWorkers(scope: Scope, { base, workerUrl, starting }: WrapWorkersOptions): void {
  const start = (kind: WorkerStart['kind'], given: unknown, isModule: boolean, options?: unknown): Start => {
    try {
      const url = new URL(given as string, base()).href;
      // A page that requires Trusted Types takes no other value.
      const target = isModule && scope.trustedTypes?.isScriptURL(given) !== true ? workerUrl(url, kind) : url;
      const watched = starting?.({ kind, isModule, url, target, options });
      return { options, ...watched, url, given: target === url ? given : target };
    } catch {
      // The browser's own error.
      return { options, given };
    }
  };
  for (const kind of ['Worker', 'SharedWorker'] as const) {
    const native = scope[kind] as typeof Worker | undefined;
    if (native === undefined) continue;
    const wrapped = new Proxy(native, {
      construct(target, all: [unknown?, unknown?, ...unknown[]], newTarget) {
        // The browser's own error.
        if (all.length === 0) return Reflect.construct(target, all, newTarget) as Worker;
        const [first, second, ...rest] = all;
        const url = textOf(scope, first);
        const read = readOptions(second);
        const isModule = (read as WorkerOptions | null | undefined)?.type === 'module';
        const { given, options, started, url: at } = start(kind, url, isModule, read);
        const values = options === undefined ? [given] : [given, options, ...rest];
        const worker = Reflect.construct(target, values, newTarget) as Worker;
        started?.(worker);
        if (isModule) worker.addEventListener('error', (event) => nameNaturalUrls(event, at));
        return worker;
      },
    });
    define(native.prototype, 'constructor', wrapped);
    define(scope, kind, wrapped);
  }
  scope.addEventListener('securitypolicyviolation', (event) => nameNaturalUrls(event), true);
  const worklet = (scope.Worklet as typeof Worklet | undefined)?.prototype;
  if (worklet === undefined) return;
  // oxlint-disable-next-line typescript/unbound-method
  const { addModule } = worklet;
  define(
    worklet,
    'addModule',
    {
      addModule(this: Worklet, url: unknown, ...rest: [WorkletOptions?]) {
        const { given } = start('Worklet', url, true);
        return Reflect.apply(addModule, this, [given, ...rest]) as Promise<void>;
      },
    }.addModule,
  );
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** The text of a URL, which an object makes once. Others are the browser's to read, and to refuse. */
const textOf = (scope: Scope, url: unknown): unknown =>
  isObject(url) && scope.trustedTypes?.isScriptURL(url) !== true ? String(url) : url;

/** Reads the options of a worker once, in the order of browsers: they may have getters. */
function readOptions(given: unknown): unknown {
  if (!isObject(given)) return given;
  const { credentials, name, type } = given as Record<string, unknown>;
  return {
    // For what else there may be.
    __proto__: given,
    credentials,
    name,
    // A symbol is the browser's to refuse.
    type: isObject(type) ? String(type) : type,
  };
}

/**
 * Makes the event of an error in a worker, or of a worker that a policy blocks, name natural URLs. Called
 * before the listeners of the page.
 *
 * @param started natural URL from which the worker was started
 */
function nameNaturalUrls(event: Event, started?: string): void {
  for (const name of ['message', 'filename', 'blockedURI', 'sourceFile'] as const) {
    const text = (event as Partial<ErrorEvent & SecurityPolicyViolationEvent>)[name] as unknown;
    if (typeof text === 'string') define(event, name, withFragment(withoutDeploys(text), started));
  }
}

/** Chromium takes the name of a module from its text, which the server cannot know the fragment for. */
export const withFragment = (file: string, started = ''): string =>
  file === started.replace(/#.*/s, '') ? started : file;

const define = (object: object, key: string, value: unknown): void =>
  void Object.defineProperty(object, key, { value, configurable: true, writable: true });
