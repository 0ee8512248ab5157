import type { Resolver } from '../../importmap/resolver.js';
import type { Hot } from '../hot/ports.js';
import { MODULE_URLS } from './module-url.js';

/** What linked modules reach by `__modcast__(url)`. */
export interface ModuleContext {
  /** `import()` as it is for the module at that URL. */
  import(specifier: unknown, options?: ImportCallOptions): Promise<unknown>;
  /** Makes `import.meta` what it is for the module at that URL, once, and gives it back. */
  meta(meta: ImportMeta): ImportMeta;
  /** The name under which a specifier is to be imported. */
  written(specifier: unknown): string;
}

export interface RuntimeOptions {
  readonly resolver: Resolver;
  /** The natural URL of a module that is known by a path, or by the URL it came from. */
  readonly naturalOf: (given: string) => string;
  /** Brings a natural URL and what it imports into the import map. */
  readonly ensure: (url: string) => Promise<void>;
  /** The browser's own `import()`. */
  readonly importModule: (name: string, options?: ImportCallOptions) => Promise<unknown>;
  readonly hot: Hot | undefined;
}

declare global {
  interface ImportMeta {
    url: string;
    resolve(specifier: string): string;
  }
}

/** An error of the browser's that names a blob names the module instead. */
function naming(error: unknown, naturalOf: (url: string) => string): unknown {
  if (error instanceof TypeError) error.message = error.message.replace(MODULE_URLS, naturalOf);
  return error;
}

/** Makes the function that linked modules call with their own natural URL. */
export function createRuntime(options: RuntimeOptions): (given: string) => ModuleContext {
  const { resolver, naturalOf, ensure, importModule, hot } = options;
  const contexts = new Map<string, ModuleContext>();
  const seen = new WeakSet<ImportMeta>();

  const create = (url: string): ModuleContext => ({
    async import(specifier, options) {
      // A specifier that cannot become a string rejects, it does not throw: as the standard has it.
      const text = `${specifier as string}`;
      const resolution = resolver.resolve(text, url);
      if (resolution.state === 'blocked') throw new TypeError(`Failed to resolve module specifier '${text}'`);
      if (resolution.state === 'unresolved') return importModule(text, options);
      try {
        if (hot !== undefined) return await hot.import(url, resolution.url, options);
        await ensure(resolution.url);
        return await importModule(resolver.name(resolution.url), options);
      } catch (error) {
        throw naming(error, naturalOf);
      }
    },
    meta(meta) {
      if (seen.has(meta)) return meta;
      seen.add(meta);
      const native = meta.resolve?.bind(meta);
      if (hot !== undefined) Object.assign(meta, { hot: hot.context(url, meta.url) });
      meta.url = url;
      // The browser finds its own words for what does not resolve. A method, so that its name is the native one's.
      meta.resolve = {
        resolve(name: string) {
          const resolution = resolver.resolve(`${name}`, url);
          return resolution.state === 'resolved' ? resolution.url : native(name);
        },
      }.resolve;
      return meta;
    },
    written(specifier) {
      const text = `${specifier as string}`;
      return resolver.written(text, url) ?? text;
    },
  });

  return (given) => {
    const url = naturalOf(given);
    let context = contexts.get(url);
    if (context === undefined) contexts.set(url, (context = create(url)));
    return context;
  };
}
