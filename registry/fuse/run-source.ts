import {
  exportName,
  isPlaceOfUrl,
  moduleKey,
  NAMESPACE,
  placeOfUrl,
  runKey,
  type Hash,
  type Path,
} from '../../schema/index.js';
import { PLACEHOLDER_ROOT } from '../../importmap/index.js';
import type { FuseNode } from './fuse-graph.js';
import type { Request } from './module-record.js';
import type { ImportedName } from './namespace-reads.js';
import type { FusePlan, Run } from './plan.js';

/** Prefix of the names of a run's members for the bundler. */
export const MEMBER = 'modcast-member:';

/** Replaces a part of a member's source. Offsets are in UTF-16 code units. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** How the bundler makes a run of its members' sources. It follows from the plan, without the sources. */
export interface RunRecipe {
  /** The module that imports the members and exports all that they define. */
  readonly entry: string;
  readonly members: readonly { readonly path: Path; readonly hash: Hash; readonly edits: readonly Edit[] }[];
  /** Other runs that it imports, by name. */
  readonly runs: readonly Path[];
  /** Modules that it imports singly: those in no run, and members whose namespace object it uses. */
  readonly modules: readonly Path[];
  /** Modules that members name in an `import()`, or may. */
  readonly dynamic: readonly Path[];
}

/** An imported or exported name: an identifier, or a string. */
const nameText = (name: string): string => (/^[\w$]+$/.test(name) ? name : quote(name));
const quote = (text: string): string => JSON.stringify(text);

/** What the source of a run names: other runs, by name, and modules that it imports singly. */
interface Named {
  readonly runs: Set<Path>;
  readonly modules: Set<Path>;
}

/** A name of its own for one export of a namespace object. */
const readName = ({ local }: ImportedName, name: string): string =>
  `__modcast__${local.length}_${local}_${name}`;

/** What a member reads of a namespace object, if it needs no object for that. */
function ownReads(imported: ImportedName, target: Path, plan: FusePlan): ImportedName['reads'] {
  if (imported.name !== NAMESPACE || !plan.runOf.has(target)) return undefined;
  const isBinding = ({ name }: { readonly name: string }) => {
    const binding = plan.exports.resolve(target, name);
    return binding !== null && binding.name !== NAMESPACE;
  };
  return imported.reads?.every(isBinding) ? imported.reads : undefined;
}

/** Namespace objects that a member does not need become imports of what it reads of them. */
const withReads = (imports: readonly ImportedName[], target: Path, plan: FusePlan): ImportedName[] =>
  imports.flatMap((imported) => {
    const reads = ownReads(imported, target, plan);
    if (reads === undefined) return [imported];
    const names = [...new Set(reads.map(({ name }) => name))];
    return names.map((name) => ({ name, local: readName(imported, name) }));
  });

/**
 * `import` statements for one statement of a member, by the modules that define what it imports.
 *
 * @param named takes what they name. A module that runs singly may lead to it, and nothing else does
 */
function importStatements(
  { specifier, attributes, imports }: Request,
  node: FuseNode,
  run: Run,
  plan: FusePlan,
  named: Named,
): string {
  const target = node.targets.get(specifier)!;
  const clause = (request: Request['imports']) =>
    request.map(({ name, local }) => `${nameText(name)} as ${local}`).join(', ');
  if (target.kind === 'outside' || plan.graph.get(target.path)!.record === null) {
    const from = quote(target.kind === 'outside' ? target.url : moduleKey(target.path)) + attributes;
    const names = imports.filter(({ name }) => name !== NAMESPACE);
    const objects = imports.filter(({ name }) => name === NAMESPACE);
    const parts = objects.map(({ local }) => `import * as ${local} from ${from};`);
    if (names.length > 0) parts.push(`import { ${clause(names)} } from ${from};`);
    return parts.length > 0 ? parts.join(' ') : `import ${from};`;
  }
  const parts: string[] = [];
  for (const { name, local } of withReads(imports, target.path, plan)) {
    const binding =
      name === NAMESPACE ? { path: target.path, name } : plan.exports.resolve(target.path, name)!;
    const other = plan.runOf.get(binding.path);
    if (binding.name === NAMESPACE) {
      named.modules.add(binding.path);
      parts.push(`import * as ${local} from ${quote(moduleKey(binding.path))};`);
    } else if (other === run) {
      parts.push(
        `import { ${clause([{ name: binding.name, local }])} } from ${quote(MEMBER + binding.path)};`,
      );
    } else if (other === undefined) {
      named.modules.add(binding.path);
      parts.push(
        `import { ${clause([{ name: binding.name, local }])} } from ${quote(moduleKey(binding.path))};`,
      );
    } else {
      named.runs.add(other.name);
      const exported = quote(exportName(binding.path, binding.name));
      parts.push(`import { ${exported} as ${local} } from ${quote(runKey(other.name))};`);
    }
  }
  return parts.join(' ');
}

/** What a member imports, for its effects and order: other runs, single modules and URLs. */
function dependencies(node: FuseNode, run: Run, plan: FusePlan): Path[] {
  return node.imports.flatMap((path) => {
    const other = plan.runOf.get(path);
    return other === run ? [] : [other?.name ?? path];
  });
}

/** What changes in a member: its imports lead to the modules that define what they name. */
function memberEdits(node: FuseNode, run: Run, plan: FusePlan, named: Named): Edit[] {
  const record = node.record!;
  const context = `__modcast__(${quote(moduleKey(node.path))})`;
  const edits: Edit[] = record.requests.map((request) => {
    const { start, end } = request;
    // Without the semicolon, the statement before would go on after it.
    const text = importStatements(request, node, run, plan, named) || ';';
    return { start, end, text: text + request.lineBreaks };
  });
  for (const { specifier, imports } of record.requests) {
    const target = node.targets.get(specifier)!;
    if (target.kind === 'outside') continue;
    for (const imported of imports) {
      for (const { start, end, name, lineBreaks } of ownReads(imported, target.path, plan) ?? [])
        edits.push({ start, end, text: readName(imported, name) + lineBreaks });
    }
  }
  for (const { start } of record.dynamicImports) {
    edits.push({ start, end: start + 'import'.length, text: `${context}.import` });
  }
  for (const { start, end, followsNew } of record.metas) {
    const own = `${context}.own(import.meta)`;
    edits.push({ start, end, text: followsNew ? `(${own})` : own });
  }
  return edits.toSorted((a, b) => a.start - b.start);
}

export function applyEdits(source: string, edits: readonly Edit[]): string {
  let text = '';
  let last = 0;
  for (const edit of edits) {
    text += source.slice(last, edit.start) + edit.text;
    last = edit.end;
  }
  return text + source.slice(last);
}

/** Imports something for its effects. JSON and style sheets have none, and need import attributes. */
function effectOf(path: Path, nodes: readonly FuseNode[], plan: FusePlan): string[] {
  if (!isPlaceOfUrl(path)) {
    if (plan.graph.get(path)!.record === null) return [];
    return [`import ${quote(plan.runOf.has(path) ? runKey(path) : moduleKey(path))};`];
  }
  const requests = nodes.flatMap(({ record, targets }) =>
    record!.requests.flatMap(({ specifier, attributes }) => {
      const target = targets.get(specifier)!;
      return target.kind === 'outside' && attributes === '' ? [target.url] : [];
    }),
  );
  return requests
    .filter((url) => placeOfUrl(url, PLACEHOLDER_ROOT) === path)
    .map((url) => `import ${quote(url)};`);
}

export function runRecipe(run: Run, plan: FusePlan): RunRecipe {
  const imported: string[] = [];
  const exported: string[] = [];
  const named: Named = { runs: new Set(), modules: new Set() };
  const nodes = run.members.map((path) => plan.graph.get(path)!);
  const members = nodes.map((node) => {
    const { path, hash, record } = node;
    imported.push(`import ${quote(MEMBER + path)};`);
    const names = record!.localExports.map((name) => `${nameText(name)} as ${quote(exportName(path, name))}`);
    if (names.length > 0) exported.push(`export { ${names.join(', ')} } from ${quote(MEMBER + path)};`);
    return { path, hash: hash!, edits: memberEdits(node, run, plan, named) };
  });
  const before = [...new Set(nodes.flatMap((node) => dependencies(node, run, plan)))];
  const effects = before.flatMap((path) => effectOf(path, nodes, plan));
  const modules = before.filter((path) => !plan.runOf.has(path) && !isPlaceOfUrl(path));
  return {
    entry: [...effects, ...imported, ...exported].join('\n'),
    members,
    runs: [...new Set([...before.filter((path) => plan.runOf.has(path)), ...named.runs])],
    modules: [...new Set([...modules, ...named.modules])],
    dynamic: [...new Set(nodes.flatMap((node) => [...node.dynamic, ...node.computed]))].filter(
      (path) => plan.graph.get(path)?.hash,
    ),
  };
}
