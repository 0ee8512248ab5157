import { moduleAt, pathOfUrl } from '../../../importmap/site.js';
import { excerpt } from '../../../schema/excerpt.js';
import { MODULE_URLS } from '../../linking/module-url.js';
import { siteGraph } from '../../linking/site-graph.js';
import type { HotError } from '../api.js';
import { describeError, Failure } from './failure.js';
import { importPlace, linkPlace, NOT_LOADED, type ImportPlace, type Source } from './import-place.js';
import { writtenSource } from './written-source.js';
import type { ScopePorts } from '../ports.js';
import type { ModuleRecords } from '../modules/module-records.js';

type LocatedSource = Source & { readonly url: string };

/** Describes an error for the author of the module. `path` is the module whose import failed. */
export type Describe = (error: unknown, path?: string) => HotError;

export interface Describer {
  readonly error: Describe;
  /** The newest version of a file and all that it imports statically, as paths. */
  below(path: string): string[];
}

/** Whether the browser says that it has loaded a URL. Not every engine does. */
function hasLoaded(url: string): boolean {
  const [entry] = performance.getEntriesByName(url) as PerformanceResourceTiming[];
  const status = entry?.responseStatus ?? 0;
  return status >= 200 && status < 400;
}

/** Describes errors with the names and places of the site's files. */
export function createDescribe(
  { config, blobPool, pageDeploy }: Pick<ScopePorts, 'config' | 'blobPool' | 'pageDeploy'>,
  records: ModuleRecords,
): Describer {
  const { resolver } = pageDeploy;
  const sourceAt = (url: string): LocatedSource | undefined => {
    const module = moduleAt(records.site, url);
    const blob = module === undefined ? undefined : blobPool.get(module.hash);
    return blob === undefined
      ? undefined
      : { url, path: module!.path, bytes: blob.bytes, links: blob.links ?? null };
  };
  const targetOf = (specifier: string, url: string): string | undefined => {
    const resolution = resolver.resolve(specifier, url);
    return resolution.state === 'resolved' ? resolution.url : undefined;
  };
  const withPaths = (text: string) => text.replace(MODULE_URLS, (url) => records.pathOf(url));
  /** With the places of a stack as natural URLs. WebKit names instances. */
  const withUrls = (text: string) =>
    text.replace(MODULE_URLS, (url) => {
      const path = records.pathOf(url);
      return path === url ? url : records.urlOf(path);
    });
  /** Engines name a file by its URL, or by the URL of an instance. */
  const withAllPaths = (text: string) =>
    withPaths(text).replace(/https?:[^\s'"]+/g, (url) => records.pathOf(url));

  /** A file and all that it imports, itself last. */
  const below = (path: string): LocatedSource[] => {
    const graph = siteGraph(records.site, resolver, blobPool);
    return graph.closure([records.urlOf(path)]).modules.flatMap(({ url }) => sourceAt(url) ?? []);
  };

  const placeOf = (error: unknown, message: string, asked: string | undefined): ImportPlace | undefined => {
    if (error instanceof Failure && error.path !== undefined && error.target !== undefined) {
      const source = sourceAt(records.urlOf(error.path));
      return source && linkPlace(source, (specifier) => targetOf(specifier, source.url) === error.target);
    }
    if (asked === undefined) return undefined;
    const urls = new Map<Source, string>();
    for (const source of below(asked)) urls.set(source, source.url);
    return importPlace(message, urls.keys(), (specifier, source) => {
      const target = targetOf(specifier, urls.get(source)!);
      return target === undefined ? undefined : records.pathOf(target);
    });
  };

  /** The path that a specifier names, if the site's manifest lacks it. */
  const missingPath = (specifier: string, { url }: LocatedSource): string | undefined => {
    const target = targetOf(specifier, url) ?? '';
    // The server may have files that no manifest has.
    if (moduleAt(records.site, target) !== undefined || hasLoaded(target)) return undefined;
    return pathOfUrl(config.root, target);
  };
  /** The import that fails below a module that could not be loaded: of a file that the manifest lacks. */
  const missingImport = (asked: string): { place: ImportPlace; message: string } | undefined => {
    for (const source of below(asked)) {
      const statics = source.links?.list.filter((link) => link.kind === 'static') ?? [];
      const missing = statics.find(
        ({ specifier }) => missingPath(specifier, source) !== undefined,
      )?.specifier;
      if (missing === undefined) continue;
      const place = linkPlace(source, (specifier) => specifier === missing)!;
      // In the words of the server, whose description may come later.
      return { place, message: `cannot find ${JSON.stringify(missing)}` };
    }
    return undefined;
  };

  const describe: Describe = (error, asked) => {
    const described = describeError(error, withUrls, (url) => {
      const path = pathOfUrl(config.root, url);
      const source = path === undefined ? undefined : sourceAt(url);
      return source && { path: source.path, text: new TextDecoder().decode(source.bytes) };
    });
    const isMissing = described.loc === undefined && NOT_LOADED.test(described.message);
    const missing = isMissing && asked !== undefined ? missingImport(asked) : undefined;
    const message = missing?.message ?? withAllPaths(described.message);
    const stack = withPaths(described.stack);
    const place =
      missing?.place ?? (described.loc === undefined ? placeOf(error, message, asked) : undefined);
    if (place !== undefined) {
      const { path } = place;
      const written = writtenSource(place.text);
      const { line, column } = written?.place(place.line, place.column) ?? place;
      const frame = excerpt(written?.text ?? place.text, line, column);
      // Linking fails before the module runs: the stack is the loader's.
      return { message, stack: message, id: path, frame, loc: { file: path, line, column } };
    }
    const id = described.id ?? asked;
    return { ...described, ...(id === undefined ? {} : { id }), message, stack };
  };
  return { error: describe, below: (path) => below(path).map((source) => source.path) };
}
