import { ModuleGraph, ResolvedImports } from '../../../importmap/graph.js';
import { lexModule } from '../../../importmap/lex.js';
import { EMPTY_IMPORT_MAP } from '../../../importmap/import-map.js';
import { Resolver } from '../../../importmap/resolver.js';
import type { Links, ManifestModule } from '../../../schema/index.js';

export const ROOT = 'https://site.test/';
/** The natural URLs of paths. */
export const at = (...paths: string[]) => paths.map((name) => ROOT + name);

/** A graph of modules given as their sources; null is a blob that has not arrived. */
export function graphOf(sources: Record<string, string | null>, map = EMPTY_IMPORT_MAP): ModuleGraph {
  const modules = new Map<string, ManifestModule>();
  const links = new Map<string, Links | null>();
  Object.entries(sources).forEach(([name, source], index) => {
    const hash = index.toString(16).padStart(64, '0');
    const json = name.endsWith('.json');
    modules.set(name, { hash, size: 0, type: json ? 'application/json' : 'text/javascript' });
    if (source !== null) links.set(hash, json ? null : lexModule(Buffer.from(source)));
  });
  const site = { root: ROOT, manifest: { modules, entries: [], importMap: null } };
  return new ModuleGraph(site, new ResolvedImports(new Resolver(map)), (hash) => links.get(hash));
}

export const pathsOf = (modules: readonly { path: string }[]) => modules.map((module) => module.path);
