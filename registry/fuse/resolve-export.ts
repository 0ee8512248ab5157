import { NAMESPACE, type Path } from '../../schema/index.js';
import type { FuseGraph } from './fuse-graph.js';

/** The module that defines a binding, with its name there. `NAMESPACE` is that module's namespace object. */
export interface Binding {
  readonly path: Path;
  readonly name: string;
}

/**
 * Resolves exported names as ECMA-262 ResolveExport does, to the module that defines the binding: two
 * `export *` that reach the same binding are no conflict.
 */
export class ExportResolver {
  readonly #graph: FuseGraph;
  readonly #resolved = new Map<string, Binding | null>();
  readonly #names = new Map<Path, ReadonlySet<string>>();
  readonly #opaque = new Map<Path, boolean>();

  constructor(graph: FuseGraph) {
    this.#graph = graph;
  }

  /** Null if the module has no such export, or several that conflict. */
  resolve(path: Path, name: string): Binding | null {
    const key = `${path}\n${name}`;
    const known = this.#resolved.get(key);
    if (known !== undefined) return known;
    const found = this.#resolve(path, name, new Set());
    const binding = found === 'ambiguous' ? null : found;
    this.#resolved.set(key, binding);
    return binding;
  }

  /** The names in a module's namespace object, without those that conflict. */
  names(path: Path): ReadonlySet<string> {
    let names = this.#names.get(path);
    if (names === undefined) {
      names = new Set(
        [...this.#exported(path, new Set())].filter((name) => this.resolve(path, name) !== null),
      );
      this.#names.set(path, names);
    }
    return names;
  }

  /** Names that several `export *` of a module provide: importing one is an error. */
  conflicts(path: Path): string[] {
    if (this.#graph.get(path)?.record?.starExports.length === 0) return [];
    const names = this.names(path);
    return [...this.#exported(path, new Set())].filter((name) => !names.has(name));
  }

  /** The modules that provide a name which conflicts, from the module's `export *` on. */
  providers(path: Path, name: string): Path[] {
    const seen = new Set([path]);
    for (const each of seen) {
      const node = this.#graph.get(each);
      for (const specifier of node?.record?.starExports ?? []) {
        const target = node!.targets.get(specifier);
        if (target?.kind === 'module') seen.add(target.path);
      }
    }
    return [...seen].filter((each) => each !== path && this.resolve(each, name) !== null);
  }

  /** Whether only a browser knows what a module exports, as it re-exports from outside of the site. */
  isOpaque(path: Path): boolean {
    const known = this.#opaque.get(path);
    if (known !== undefined) return known;
    // A cycle of `export *` adds nothing.
    this.#opaque.set(path, false);
    const node = this.#graph.get(path);
    const isOpaque =
      node?.record?.starExports.some((specifier) => {
        const target = node.targets.get(specifier);
        return target?.kind !== 'module' || !this.#graph.has(target.path) || this.isOpaque(target.path);
      }) ?? false;
    this.#opaque.set(path, isOpaque);
    return isOpaque;
  }

  #resolve(path: Path, name: string, visited: Set<string>): Binding | 'ambiguous' | null {
    const key = `${path}\n${name}`;
    if (visited.has(key)) return null;
    visited.add(key);
    const node = this.#graph.get(path);
    if (node === undefined) return null;
    // JSON and style sheets have a default export.
    if (node.record === null) return name === 'default' ? { path, name } : null;
    if (name === NAMESPACE || node.record.localExports.includes(name)) return { path, name };
    const indirect = node.record.indirectExports.find(({ exported }) => exported === name);
    if (indirect !== undefined) {
      const target = node.targets.get(indirect.specifier);
      // What lies outside of the site is this module's own to the others.
      if (target?.kind !== 'module') return { path, name };
      if (indirect.name === NAMESPACE) return { path: target.path, name: NAMESPACE };
      return this.#resolve(target.path, indirect.name, visited);
    }
    if (name === 'default') return null;
    let found: Binding | null = null;
    for (const specifier of node.record.starExports) {
      const target = node.targets.get(specifier);
      if (target?.kind !== 'module') continue;
      const star = this.#resolve(target.path, name, visited);
      if (star === 'ambiguous') return star;
      if (star === null) continue;
      if (found !== null && (found.path !== star.path || found.name !== star.name)) return 'ambiguous';
      found = star;
    }
    // Perhaps it comes from outside.
    return found ?? (this.isOpaque(path) ? { path, name } : null);
  }

  #exported(path: Path, visited: Set<Path>): Set<string> {
    const names = new Set<string>();
    if (visited.has(path)) return names;
    visited.add(path);
    const node = this.#graph.get(path);
    if (node === undefined) return names;
    if (node.record === null) return names.add('default');
    for (const name of node.record.localExports) names.add(name);
    for (const { exported } of node.record.indirectExports) names.add(exported);
    for (const specifier of node.record.starExports) {
      const target = node.targets.get(specifier);
      if (target?.kind !== 'module') continue;
      for (const name of this.#exported(target.path, visited)) if (name !== 'default') names.add(name);
    }
    return names;
  }
}

/**
 * Modules that an engine names in the error of an import, because they provide the same name for it: the
 * reason for each to stay single.
 */
export function findConflicting(graph: FuseGraph, exports: ExportResolver): Map<Path, string> {
  const reasons = new Map<Path, string>();
  for (const { targets, record } of graph.values()) {
    const imported = (record?.requests ?? []).flatMap(({ specifier, imports }) =>
      imports.map(({ name }) => ({ specifier, name })),
    );
    for (const { specifier, name } of [...imported, ...(record?.indirectExports ?? [])]) {
      const target = targets.get(specifier);
      if (target?.kind !== 'module' || name === NAMESPACE) continue;
      const { path } = target;
      if (exports.resolve(path, name) !== null) continue;
      const providers = exports.providers(path, name);
      if (providers.length < 2) continue;
      for (const each of providers) {
        reasons.set(each, `exports ${name}, as does another module that ${path} re-exports`);
      }
    }
  }
  return reasons;
}
