import { wrapWorkers, type WrapWorkersOptions } from '../../workers/wrap-workers.js';
import { nameWithId, randomId, sharedId, type StartedWorker } from './worker-messages.js';

export interface WatchWorkersOptions extends Pick<WrapWorkersOptions, 'base' | 'workerUrl'> {
  readonly started: (worker: StartedWorker) => void;
  /** A dedicated worker has been terminated. */
  readonly ended: (id: string) => void;
  /** A worker has an error that it does not handle, or could not start. */
  readonly failed: (id: string) => void;
}

const nameIn = (options: unknown): string =>
  `${(typeof options === 'object' ? (options as WorkerOptions | null)?.name : (options as string)) ?? ''}`;

const withName = (options: WorkerOptions, name: string): WorkerOptions =>
  Object.create(options, { name: { value: name } }) as WorkerOptions;

/** Tells which workers and worklets a scope starts. Module workers of its deploy learn their identifiers. */
export function watchWorkers(
  scope: typeof globalThis,
  { base, workerUrl, started, ended, failed }: WatchWorkersOptions,
): void {
  const ids = new WeakMap<Worker, string>();
  wrapWorkers(scope, {
    base,
    workerUrl,
    starting({ options, ...start }) {
      const name = nameIn(options);
      const isDedicated = start.kind === 'Worker';
      const id = isDedicated ? randomId() : sharedId(start.target, name);
      const speaks = start.kind !== 'Worklet' && start.target !== start.url;
      started({ ...start, name, id, speaks });
      return {
        ...(isDedicated && speaks && { options: withName(options as WorkerOptions, nameWithId(name, id)) }),
        started(worker) {
          if (isDedicated) ids.set(worker, id);
          worker.addEventListener('error', () => failed(id));
        },
      };
    },
  });
  const prototype = (scope.Worker as typeof Worker | undefined)?.prototype;
  if (prototype === undefined) return;
  // oxlint-disable-next-line typescript/unbound-method
  const { terminate } = prototype;
  const wrapped = {
    terminate(this: Worker) {
      Reflect.apply(terminate, this, []);
      const id = ids.get(this);
      if (id !== undefined) ended(id);
    },
  };
  Object.defineProperty(prototype, 'terminate', {
    ...Object.getOwnPropertyDescriptor(prototype, 'terminate'),
    value: wrapped.terminate,
  });
}
