import type MagicString from 'magic-string';
import picomatch from 'picomatch';
import { parseAst } from 'rolldown/parseAst';
import { position } from '../ingest/syntax.js';
import type { Path } from '../../schema/index.js';
import type { ImportedFiles } from './imported-files.js';
import { relativeSpecifier } from './resolve-source.js';
import { TransformError, type Dependency, type SiteFiles } from './transform.js';

/** A node of a syntax tree (ESTree), as far as it is read. Offsets are in UTF-16 code units. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

interface GlobOptions {
  readonly eager: boolean;
  /** The name of the export that is taken. */
  readonly import: string | undefined;
  /** With its question mark; empty for none. */
  readonly query: string;
}

/** Replaces each `import.meta.glob(…)` by an object whose keys are the files that match. */
export function expandGlobs(
  source: string,
  text: MagicString,
  imported: ImportedFiles,
  files: SiteFiles,
): Dependency[] {
  const deps: Dependency[] = [];
  const statements: string[] = [];
  for (const call of globCalls(parseAst(source) as unknown as Node)) {
    const fail = (message: string): never => {
      const { line, column } = position(source, call.start);
      throw new TransformError(`import.meta.glob: ${message}`, line, column);
    };
    const [patternNode, optionsNode] = call['arguments'] as Node[];
    const patterns = patternsOf(patternNode) ?? fail('expected one literal pattern, or an array of them');
    const options = optionsOf(optionsNode) ?? fail('expected options as one object of literals');
    const globs = patterns.map((pattern) => {
      const isNegated = pattern.startsWith('!');
      const place = imported.place(isNegated ? pattern.slice(1) : pattern);
      return { isNegated, glob: place ?? fail(`expected a pattern of the site, found "${pattern}"`) };
    });
    const matches = matchingPaths(globs, files).filter((path) => path !== imported.importer);
    for (const { glob } of globs) deps.push({ glob });
    const isAbsolute = patterns.some((pattern) => !/^!|^\.{1,2}\//.test(pattern));
    const rows = matches.map((path) => {
      const key = JSON.stringify(
        isAbsolute ? `/${path}` : decodeURI(relativeSpecifier(imported.importer, path)),
      );
      const target = JSON.stringify(imported.ofFile(path, options.query));
      return `${key}: ${options.eager ? eagerImport(target, options, statements) : lazyImport(target, options)}`;
    });
    text.overwrite(call.start, call.end, `({ ${rows.join(', ')} })`);
  }
  if (statements.length > 0) text.prepend(`${statements.join(' ')} `);
  return deps;
}

function lazyImport(target: string, { import: name }: GlobOptions): string {
  const then = name === undefined || name === '*' ? '' : `.then((module) => module[${JSON.stringify(name)}])`;
  return `() => import(${target})${then}`;
}

/** @param statements gets the import, and counts them */
function eagerImport(target: string, { import: name }: GlobOptions, statements: string[]): string {
  const local = `__glob_${statements.length}`;
  const clause =
    name === undefined || name === '*' ? `* as ${local}` : `{ ${JSON.stringify(name)} as ${local} }`;
  statements.push(`import ${clause} from ${target};`);
  return local;
}

/** Paths that one pattern matches and no negated one. */
export function matchingPaths(
  globs: readonly { readonly isNegated: boolean; readonly glob: string }[],
  { paths }: Pick<SiteFiles, 'paths'>,
): Path[] {
  const matcher = (isNegated: boolean) => {
    const own = globs.filter((each) => each.isNegated === isNegated).map(({ glob }) => glob);
    return own.length === 0 ? () => false : picomatch(own, { dot: false });
  };
  const [includes, excludes] = [matcher(false), matcher(true)];
  return paths.filter((path) => includes(path) && !excludes(path));
}

function* globCalls(node: Node): Generator<Node> {
  if (node.type === 'CallExpression' && isGlob(node['callee'] as Node)) yield node;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isNode(child)) yield* globCalls(child);
    }
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string';

const isGlob = (callee: Node): boolean =>
  callee.type === 'MemberExpression' &&
  (callee['object'] as Node).type === 'MetaProperty' &&
  (callee['property'] as Node)['name'] === 'glob';

/** The value of a literal; undefined for any other expression. */
function literal(node: Node | undefined): string | boolean | undefined {
  if (node?.type === 'Literal') return node['value'] as string | boolean;
  if (node?.type !== 'TemplateLiteral' || (node['expressions'] as Node[]).length > 0) return undefined;
  return ((node['quasis'] as Node[])[0]!['value'] as { cooked: string }).cooked;
}

function patternsOf(node: Node | undefined): string[] | undefined {
  const nodes = node?.type === 'ArrayExpression' ? (node['elements'] as Node[]) : [node];
  const values = nodes.map(literal);
  return values.every((value) => typeof value === 'string') ? values : undefined;
}

function optionsOf(node: Node | undefined): GlobOptions | undefined {
  const none: GlobOptions = { eager: false, import: undefined, query: '' };
  if (node === undefined) return none;
  if (node.type !== 'ObjectExpression') return undefined;
  const found: Record<string, unknown> = {};
  for (const property of node['properties'] as Node[]) {
    if (property.type !== 'Property') return undefined;
    const [key, value] = [property['key'], property['value']] as [Node, Node];
    const name = (key['name'] ?? key['value']) as string;
    const own = value.type === 'ObjectExpression' ? objectOf(value) : literal(value);
    if (own === undefined) return undefined;
    found[name] = own;
  }
  const query = found['query'] ?? found['as'];
  return {
    eager: found['eager'] === true,
    import: found['import'] as string | undefined,
    query: queryText(query),
  };
}

function objectOf(node: Node): Record<string, string | boolean> | undefined {
  const rows = (node['properties'] as Node[]).map((property) => {
    const key = property['key'] as Node | undefined;
    return [String(key?.['name'] ?? key?.['value']), literal(property['value'] as Node)] as const;
  });
  return rows.some(([, value]) => value === undefined)
    ? undefined
    : (Object.fromEntries(rows) as Record<string, string | boolean>);
}

function queryText(query: unknown): string {
  if (query === undefined || query === '') return '';
  if (typeof query === 'string') return query.startsWith('?') ? query : `?${query}`;
  return `?${Object.entries(query as object)
    .map(([name, value]) => (value === true ? name : `${name}=${value}`))
    .join('&')}`;
}
