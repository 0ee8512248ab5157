import { withoutDeploy } from '../../importmap/deploy-url.js';

/** Makes `location` of a worker's module tell its natural URL. */
export function hideDeploy(): void {
  const prototype = Object.getPrototypeOf(location) as object;
  for (const name of ['href', 'search', 'toString'] as const) {
    const native = Object.getOwnPropertyDescriptor(prototype, name);
    // In a document, `location` cannot be changed.
    if (native?.configurable !== true) continue;
    const read = (native.get ?? native.value) as () => string;
    const natural = {
      [name]: function (this: unknown) {
        return withoutDeploy(read.call(this));
      },
    }[name]!;
    Object.defineProperty(
      prototype,
      name,
      native.get === undefined ? { ...native, value: natural } : { ...native, get: natural },
    );
  }
}
