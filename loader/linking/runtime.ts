import { isAlias, type Resolver } from '../../importmap/resolver.js';
import type { NaturalText } from '../page/correct-error.js';
import { correctImportError } from './import-error.js';

/** What `__modcast__(url)` returns to linked modules. */
export interface ModuleContext {
  /** `import()` for the module at that URL. */
  import(specifier: unknown, options?: ImportCallOptions): Promise<unknown>;
  /** Gives `import.meta` the properties that it has natively at that URL. Returns it. */
  meta(meta: ImportMeta): ImportMeta;
  /** The `import.meta` of a module that shares that of a run with others. */
  own(meta: ImportMeta): ImportMeta;
  /**
   * Lets `import.meta.resolve` find natural URLs, in an inline script with that base URL.
   *
   * @returns its `import()`
   */
  inline(meta: ImportMeta): ModuleContext['import'];
  /** The text by which a specifier is imported. */
  written(specifier: unknown): string;
}

/** Where hot reload takes part. */
export interface HotRuntime {
  /**
   * `import.meta.hot`. Absent where modules cannot be replaced.
   *
   * @param instance the URL by which the engine knows the instance
   */
  context?(url: string, instance: string): object;
  import(importer: string, url: string, options?: ImportCallOptions): Promise<unknown>;
}

export interface RuntimeOptions {
  readonly resolver: Pick<Resolver, 'resolve' | 'name' | 'written'>;
  /** Takes in the import maps that scripts of the page have added. */
  readonly refresh: () => void;
  /** The natural URL of a module that is given by a path, or by the URL that it was loaded from. */
  readonly naturalOf: (given: string) => string;
  readonly naturalText: NaturalText;
  /** Puts a natural URL and what it imports into the import map. Undefined if it is there. */
  readonly ensure: (url: string) => Promise<void> | undefined;
  /** The browser's own `import()`. */
  readonly importModule: (name: string, options?: ImportCallOptions) => Promise<unknown>;
  /** The URL from which the engine loaded a module. */
  readonly targetOf?: (url: string) => string | undefined;
  readonly hot: HotRuntime | undefined;
}

declare global {
  interface ImportMeta {
    url: string;
    resolve(specifier: string): string;
  }
}

/** Creates the function that linked modules call with their own natural URL. */
export function createRuntime(options: RuntimeOptions): (given: string) => ModuleContext {
  const { resolver, refresh, naturalOf, naturalText, ensure, importModule, targetOf, hot } = options;
  const contexts = new Map<string, ModuleContext>();
  const seen = new WeakSet<ImportMeta>();

  const corrected = (error: unknown, importer: string): unknown => {
    correctImportError(error, naturalText, importer);
    return error;
  };

  /** @param load imports the module with a natural URL */
  const importFrom =
    (
      url: string,
      load: (url: string, options?: ImportCallOptions) => Promise<unknown>,
    ): ModuleContext['import'] =>
    async (specifier, options) => {
      try {
        // A specifier that cannot become a string rejects, as in the standard.
        const text = `${specifier as string}`;
        refresh();
        const resolution = resolver.resolve(text, url);
        if (resolution.state === 'unresolved') return await importModule(text, options);
        if (resolution.state === 'blocked') {
          const name = resolver.written(text, url) ?? text;
          // The browser's own error, unless only a scope blocks it.
          if (!isAlias(name)) return await importModule(name, options);
          throw new TypeError(`Failed to resolve module specifier '${text}'`);
        }
        return await load(resolution.url, options);
      } catch (error) {
        throw corrected(error, url);
      }
    };

  const importMapped: Parameters<typeof importFrom>[1] = async (url, options) => {
    const installed = ensure(url);
    // `import()` fails at once for some reasons. Its error has the importer's stack then.
    if (installed !== undefined) await installed;
    return importModule(resolver.name(url), options);
  };

  const setResolve = (meta: ImportMeta, url: string) => {
    const native = meta.resolve;
    // An unresolved specifier gets the browser's own error. As a method it has the native function's name.
    meta.resolve = {
      resolve(name: string) {
        try {
          refresh();
          const resolution = resolver.resolve(`${name}`, url);
          return resolution.state === 'resolved' ? resolution.url : native(name);
        } catch (error) {
          throw corrected(error, url);
        }
      },
    }.resolve;
  };

  const create = (url: string, own?: ImportMeta): ModuleContext => ({
    import: importFrom(url, hot === undefined ? importMapped : (to, options) => hot.import(url, to, options)),
    meta(meta) {
      if (seen.has(meta)) return meta;
      seen.add(meta);
      if (hot?.context !== undefined) Object.assign(meta, { hot: hot.context(url, meta.url) });
      meta.url = url;
      setResolve(meta, url);
      return meta;
    },
    own(shared) {
      if (own !== undefined) return own;
      // With the engine's order of properties.
      own = Object.assign(Object.create(null) as ImportMeta, shared);
      if (hot?.context !== undefined) Object.assign(own, { hot: hot.context(url, targetOf?.(url) ?? url) });
      own.url = url;
      setResolve(own, url);
      return own;
    },
    inline(meta) {
      setResolve(meta, url);
      // Hot reload knows the importers among modules only.
      return importFrom(url, importMapped);
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
