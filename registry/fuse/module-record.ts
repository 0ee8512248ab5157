import { NAMESPACE } from '../../schema/index.js';
import { parseSync, Visitor, type ParseResult } from 'rolldown/utils';
import { beginsWithAssert } from '../content/old-attributes.js';
import { workersOf, type StartedWorker } from './started-workers.js';
import { namespaceReads, type ImportedName } from './namespace-reads.js';

/** One `import … from` or `export … from` of a module. */
export interface Request {
  readonly specifier: string;
  /** Offsets of the statement, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  /** The text after the specifier: import attributes. */
  readonly attributes: string;
  /** The statement's line breaks. */
  readonly lineBreaks: string;
  /** Bindings of the module's own scope; none for `export … from`. */
  readonly imports: readonly ImportedName[];
}

/** What joining has to know of a module. The terms are those of ECMA-262, "Source Text Module Records". */
export interface ModuleRecord {
  readonly requests: readonly Request[];
  /** Names of the exports that the module defines itself. */
  readonly localExports: readonly string[];
  /** Exports of another module's binding: `export { a as b } from`, `import { a }; export { a }`. */
  readonly indirectExports: readonly {
    readonly exported: string;
    readonly specifier: string;
    readonly name: string;
  }[];
  /** Specifiers of `export * from`. */
  readonly starExports: readonly string[];
  /** What computed specifiers of `import()` begin with: `./pieces/` for `./pieces/${name}.mjs`. */
  readonly computedImports: readonly string[];
  /** Places of the keyword of each `import()`, and of each `import.meta`. */
  readonly dynamicImports: readonly { readonly start: number; readonly specifier: string | undefined }[];
  readonly metas: readonly {
    readonly start: number;
    readonly end: number;
    /** Whether `new` precedes it, which would apply to a call in its place. */
    readonly followsNew: boolean;
  }[];
  readonly workers: readonly StartedWorker[];
  readonly hasTopLevelAwait: boolean;
  /** Why the module cannot share a scope with others; undefined if it can. */
  readonly reason: string | undefined;
}

/** Another version may read a module in another way: a change of this file has to change it. */
export const RECORD_VERSION = '5';

/** Words without which a source needs no walk over its syntax tree. */
const AWAIT = /\bawait\b/;
const EVAL = /\beval\b/;
const REQUIRE = /(?<![\w$.])require\b/;
/** `import defer * as x from`, `import.source(…)`: not in every engine. */
const PHASE = /\bimport\s*(?:\.\s*(?:defer|source)\s*\(|defer\s*\*|source\s+[\w$]+\s+from\b)/;

interface Found {
  /** Whether it awaits outside of functions. */
  readonly awaits: boolean;
  /** Whether it calls `eval` directly. */
  readonly evals: boolean;
  /** Whether it names `require`, which a bundler takes for its own. */
  readonly requires: boolean;
  /** A class that is used before its declaration, outside of functions. Joining turns `class` into `var`. */
  readonly early: string | undefined;
}

const NOTHING: Found = { awaits: false, evals: false, requires: false, early: undefined };

const CLASS = /\bclass\s+(?!extends\b)([\w$]+)/g;

/** Classes that are perhaps named before their declaration. */
function classesNamedEarly(source: string): Set<string> {
  const places = new Map<string, number>();
  for (const { 1: name, index, 0: text } of source.matchAll(CLASS)) {
    const place = index + text.length - name!.length;
    places.set(name!, Math.max(place, places.get(name!) ?? 0));
  }
  const early = new Set<string>();
  if (places.size === 0) return early;
  for (const { 0: word, index } of source.matchAll(/[\w$]+/g)) {
    const place = places.get(word);
    if (place === undefined) continue;
    if (index < place) early.add(word);
    // The first place decides.
    places.delete(word);
    if (places.size === 0) break;
  }
  return early;
}

/** @param names of classes to look for */
function walk(program: ParseResult['program'], names: ReadonlySet<string>): Found {
  const classes = new Map<string, number>();
  for (const node of program.body) {
    const isExport = node.type === 'ExportNamedDeclaration' || node.type === 'ExportDefaultDeclaration';
    const declared = isExport ? node.declaration : node;
    const name = declared?.type === 'ClassDeclaration' ? (declared.id?.name ?? '') : '';
    if (names.has(name)) classes.set(name, declared!.start);
  }
  const found: { -readonly [K in keyof Found]: Found[K] } = { ...NOTHING };
  let functions = 0;
  const enter = () => void functions++;
  const leave = () => void functions--;
  const await_ = () => {
    if (functions === 0) found.awaits = true;
  };
  new Visitor({
    FunctionDeclaration: enter,
    'FunctionDeclaration:exit': leave,
    FunctionExpression: enter,
    'FunctionExpression:exit': leave,
    ArrowFunctionExpression: enter,
    'ArrowFunctionExpression:exit': leave,
    AwaitExpression: await_,
    ForOfStatement: (node) => {
      if (node.await) await_();
    },
    VariableDeclaration: (node) => {
      if (node.kind === 'await using') await_();
    },
    CallExpression: ({ callee }) => {
      if (callee.type === 'Identifier' && callee.name === 'eval') found.evals = true;
    },
    Identifier: ({ name, start }) => {
      if (name === 'require') found.requires = true;
      if (functions === 0 && start < (classes.get(name) ?? 0)) found.early = name;
    },
  }).visit(program);
  return found;
}

/** The names that modules import, by the places of these names, where the parser lists their export. */
function importsByPlace({ staticImports }: ParseResult['module']): Map<number, string> {
  const names = new Map<number, string>();
  for (const { entries } of staticImports) {
    for (const entry of entries) {
      names.set(entry.importName.start ?? entry.localName.start!, importName(entry.importName));
    }
  }
  return names;
}

const importName = ({ kind, name }: { kind: string; name: string | null }): string =>
  kind === 'NamespaceObject' || kind === 'All' ? NAMESPACE : kind === 'Default' ? 'default' : name!;

/** The start of a computed specifier, up to what is not known: it names a directory at least. */
const BEGINNING = /^[`'"]([^`'"$\\]*\/[^`'"$\\]*)/;

/** A literal specifier; undefined for an argument that is computed. */
function literal(argument: string): string | undefined {
  if (!/^(?:'[^'\\]*'|"[^"\\]*")$/.test(argument)) return undefined;
  return argument.slice(1, -1);
}

type Specifier = { readonly value: string; readonly start: number; readonly end: number };

/**
 * The specifier of `export … from`. The parser lists `export { x }` of an imported `x` under the statement
 * that imports it.
 */
function exportedFrom(
  statement: string,
  listed: Specifier | null | undefined,
  start: number,
): Specifier | undefined {
  if (listed === null || listed === undefined || !statement.startsWith('export')) return undefined;
  return listed.start > start && listed.end <= start + statement.length ? listed : undefined;
}

const EMPTY_EXPORT = /\bexport(?:\s|\/\*[^]*?\*\/|\/\/.*)*\{(?:\s|\/\*[^]*?\*\/|\/\/.*)*\}/;

/** `export {} from …`, which the parser does not list. */
function emptyExports(source: string, program: () => ParseResult['program']) {
  if (!EMPTY_EXPORT.test(source)) return [];
  return program().body.flatMap((node) => {
    const isEmpty =
      node.type === 'ExportNamedDeclaration' && node.source !== null && node.specifiers.length === 0;
    return isEmpty ? [{ start: node.start, end: node.end, specifier: node.source! }] : [];
  });
}

const NEW_BEFORE = /(?:^|[^\w$.#])new(?:\s|\/\*(?:[^*]|\*(?!\/))*\*\/)+$/;

const lineBreaks = (text: string): string => text.replace(/[^\n\r\u2028\u2029]+/g, '');

/** Reads a module that is known to parse. */
export function readRecord(source: string): ModuleRecord {
  const parsed = parseSync('module.mjs', source, { lang: 'js', sourceType: 'module' });
  const { staticImports, staticExports, dynamicImports, importMetas } = parsed.module;
  const request = (start: number, end: number, specifier: { value: string; end: number }) => ({
    specifier: specifier.value,
    start,
    end,
    attributes: source.slice(specifier.end, end).replace(/;\s*$/, ''),
    lineBreaks: lineBreaks(source.slice(start, end)),
  });
  const locals = staticImports.flatMap(({ entries }) =>
    entries.flatMap(({ importName: { kind }, localName }) =>
      kind === 'NamespaceObject' ? localName.value : [],
    ),
  );
  const readsOf = namespaceReads(locals, source, () => parsed.program);
  const imports = (entries: (typeof staticImports)[number]['entries']) =>
    entries.map((entry): ImportedName => {
      const [name, local] = [importName(entry.importName), entry.localName.value];
      const reads = name === NAMESPACE ? readsOf.get(local) : undefined;
      return { name, local, ...(reads === undefined ? {} : { reads }) };
    });
  const requests: Request[] = staticImports.map(({ start, end, moduleRequest, entries }) => ({
    ...request(start, end, moduleRequest),
    imports: imports(entries),
  }));
  const imported = importsByPlace(parsed.module);
  const localExports: string[] = [];
  const indirectExports: { exported: string; specifier: string; name: string }[] = [];
  const starExports: string[] = [];
  for (const { start, end, entries } of staticExports) {
    const from = exportedFrom(source.slice(start, end), entries[0]?.moduleRequest, start);
    if (from !== undefined) requests.push({ ...request(start, end, from), imports: [] });
    for (const entry of entries) {
      const exported = entry.exportName.kind === 'Default' ? 'default' : entry.exportName.name;
      if (entry.moduleRequest === null) localExports.push(exported!);
      else if (entry.importName.kind === 'AllButDefault') starExports.push(entry.moduleRequest.value);
      else {
        // The parser takes the local name of a default import for the imported one.
        const name = imported.get(entry.importName.start ?? -1) ?? importName(entry.importName);
        indirectExports.push({ exported: exported!, specifier: entry.moduleRequest.value, name });
      }
    }
  }
  for (const { start, end, specifier } of emptyExports(source, () => parsed.program)) {
    requests.push({ ...request(start, end, specifier), imports: [] });
  }
  requests.sort((a, b) => a.start - b.start);
  const early = classesNamedEarly(source);
  const needsWalk = [AWAIT, EVAL, REQUIRE].some((word) => word.test(source)) || early.size > 0;
  const found = needsWalk ? walk(parsed.program, early) : NOTHING;
  return {
    requests,
    localExports,
    indirectExports,
    starExports,
    dynamicImports: dynamicImports.map(({ start, moduleRequest }) => ({
      start,
      specifier: literal(source.slice(moduleRequest.start, moduleRequest.end)),
    })),
    computedImports: dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
      const argument = source.slice(start, end);
      return literal(argument) === undefined ? (BEGINNING.exec(argument)?.[1] ?? []) : [];
    }),
    workers: workersOf(source),
    metas: importMetas.map(({ start, end }) => ({
      start,
      end,
      followsNew: NEW_BEFORE.test(source.slice(Math.max(0, start - 512), start)),
    })),
    hasTopLevelAwait: found.awaits,
    reason: requests.some(({ attributes }) => beginsWithAssert(attributes))
      ? OLD_ATTRIBUTES
      : reasonOf(source, found, parsed.errors.length, namesItself(source, parsed)),
  };
}

/** A text that is built of such a comment is none. */
const namesItself = (source: string, parsed: Pick<ParseResult, 'comments'>): boolean =>
  /\/\/[#@] *sourceURL=/.test(source) &&
  parsed.comments.some(({ type, value }) => type === 'Line' && /^[#@] *sourceURL=/.test(value));

/** Whether every browser parses a module. */
export function isRunnable(bytes: Uint8Array): boolean {
  const { reason = '' } = readRecord(new TextDecoder().decode(bytes));
  return reason !== NOT_PARSED && reason !== OLD_ATTRIBUTES;
}

const NOT_PARSED = 'does not parse';
const OLD_ATTRIBUTES = 'imports with the keyword assert, which not every browser knows';

function reasonOf(
  source: string,
  { awaits, evals, requires, early }: Found,
  errors: number,
  namesItself: boolean,
): string | undefined {
  if (errors > 0) return NOT_PARSED;
  if (awaits) return 'has a top-level await';
  if (requires) return 'uses the name require';
  if (early !== undefined) return `uses the class ${early} before its declaration`;
  if (source.startsWith('#!')) return 'begins with #!';
  // A bundler counts lines in another way.
  if (/\r(?!\n)|[\u2028\u2029]/.test(source)) return 'has line breaks that are not line feeds';
  if (namesItself) return 'names itself with a sourceURL comment';
  if (evals) return 'calls eval(), which sees the names around it';
  if (PHASE.test(source)) return 'imports in a phase that not every browser knows';
  if (source.includes('__modcast__')) return 'uses the name __modcast__';
  return undefined;
}
