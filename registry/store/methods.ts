import { ModcastError } from '../../schema/index.js';
import type { Store } from './store.js';

/**
 * The methods of a part of the store in an embedded implementation, which may return values instead of
 * promises.
 */
export type Methods<Part> = {
  readonly [Name in keyof Part]: Part[Name] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Result | Promise<Result>
    : never;
};

/**
 * Makes a store from such methods: each returns a promise, rejects with `store-closed` after `close`, and
 * passes its errors through `explain`.
 */
export function asStore(
  methods: Methods<Omit<Store, 'close'>>,
  close: () => void,
  explain: (error: unknown) => unknown = (error) => error,
): Store {
  let closed = false;
  const storeClosed = () => new ModcastError('store-closed', 'the store has been closed');
  const store: Record<string, (...args: never[]) => Promise<unknown>> = {
    close: async () => {
      if (closed) return;
      closed = true;
      close();
    },
  };
  for (const [name, method] of Object.entries(methods) as [string, (...args: never[]) => unknown][]) {
    store[name] = async (...args) => {
      if (closed) throw storeClosed();
      try {
        return await method(...args);
      } catch (error) {
        // A method that runs while the store is closed may fail with any error.
        throw closed ? storeClosed() : explain(error);
      }
    };
  }
  return store as unknown as Store;
}
