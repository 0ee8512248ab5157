import { ModuleGraph, ResolvedImports } from '../../../importmap/graph.js';
import { moduleAt, pathOfUrl } from '../../../importmap/site.js';
import { excerpt } from '../../../schema/excerpt.js';
import { MODULE_URLS } from '../../linking/module-url.js';
import type { HotError } from '../api.js';
import { describeError, Failure } from './failure.js';
import { importPlace, linkPlace, type ImportPlace, type Source } from './import-place.js';
import type { HotPorts } from '../ports.js';
import type { ModuleRecords } from '../modules/module-records.js';

type Ports = HotPorts & { readonly pageDeploy: NonNullable<HotPorts['pageDeploy']> };

/** What an error says, for whoever wrote the module; `path` is what was asked for when it came. */
export type Describe = (error: unknown, path?: string) => HotError;

export interface Describer {
  readonly error: Describe;
  /** All files that one imports statically as it is now, itself among them. */
  below(path: string): string[];
}

/** Gives errors the names and places that authors know. */
export function createDescribe({ config, blobPool, pageDeploy }: Ports, versions: ModuleRecords): Describer {
  const { resolver } = pageDeploy;
  const sourceAt = (url: string): (Source & { url: string }) | undefined => {
    const module = moduleAt(versions.site, url);
    const blob = module === undefined ? undefined : blobPool.get(module.hash);
    return blob === undefined
      ? undefined
      : { url, path: module!.path, bytes: blob.bytes, links: blob.links ?? null };
  };
  const targetOf = (specifier: string, url: string): string | undefined => {
    const resolution = resolver.resolve(specifier, url);
    return resolution.state === 'resolved' ? resolution.url : undefined;
  };
  const named = (text: string) => text.replace(MODULE_URLS, (url) => versions.pathOf(url));
  /** Engines name what was asked for, which is a file's URL or that of an instance. */
  const plain = (text: string) => named(text).replace(/https?:[^\s'"]+/g, (url) => versions.pathOf(url));

  /** All that a file imports, itself last. */
  const below = (path: string): (Source & { url: string })[] => {
    const graph = new ModuleGraph(
      versions.site,
      new ResolvedImports(resolver),
      (hash) => blobPool.get(hash)?.links,
    );
    return graph.closure([versions.urlOf(path)]).modules.flatMap(({ url }) => sourceAt(url) ?? []);
  };

  const placeOf = (error: unknown, message: string, asked: string | undefined): ImportPlace | undefined => {
    if (error instanceof Failure && error.path !== undefined && error.target !== undefined) {
      const source = sourceAt(versions.urlOf(error.path));
      return source && linkPlace(source, (specifier) => targetOf(specifier, source.url) === error.target);
    }
    if (asked === undefined) return undefined;
    const urls = new Map<Source, string>();
    for (const source of below(asked)) urls.set(source, source.url);
    return importPlace(message, urls.keys(), (specifier, source) => {
      const target = targetOf(specifier, urls.get(source)!);
      return target === undefined ? undefined : versions.pathOf(target);
    });
  };

  const describe: Describe = (error, asked) => {
    const told = describeError(error, (url) => {
      const path = pathOfUrl(config.root, url);
      const source = path === undefined ? undefined : sourceAt(url);
      return source && { path: source.path, text: new TextDecoder().decode(source.bytes) };
    });
    const message = plain(told.message);
    const stack = named(told.stack);
    const place = told.loc === undefined ? placeOf(error, message, asked) : undefined;
    if (place !== undefined) {
      const { path, line, column, text } = place;
      const frame = excerpt(text, line, column);
      // Such an error comes before anything of the module has run: its stack is the loader's.
      return { message, stack: message, id: path, frame, loc: { file: path, line, column } };
    }
    const id = told.id ?? asked;
    return { ...told, ...(id === undefined ? {} : { id }), message, stack };
  };
  return { error: describe, below: (path) => below(path).map((source) => source.path) };
}
