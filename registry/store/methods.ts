import { ModcastError } from '../../schema/index.js';
import type { Store } from './store.js';

/** The methods of a part of the store as an embedded implementation writes them: they may answer at once. */
export type Methods<Part> = {
  readonly [Name in keyof Part]: Part[Name] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Result | Promise<Result>
    : never;
};

/**
 * Makes a store of such methods: each answers with a promise, rejects with `store-closed` after `close`, and
 * passes what it throws through `explain`.
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
        // A long method that finds its store closed under it fails in whatever way.
        throw closed ? storeClosed() : explain(error);
      }
    };
  }
  return store as unknown as Store;
}
