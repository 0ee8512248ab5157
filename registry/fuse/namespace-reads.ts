import type { ParseResult } from 'rolldown/utils';

/** A place where a module reads one export of a namespace object: `name.export`. */
export interface NamespaceRead {
  /** Offsets of the expression, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  /** Those of the expression. */
  readonly lineBreaks: string;
  /** The name of the export. */
  readonly name: string;
}

/** A name that an `import` statement takes. */
export interface ImportedName {
  readonly name: string;
  readonly local: string;
  /** All uses of a namespace object, if they read single exports of it. */
  readonly reads?: readonly NamespaceRead[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** A node, with the key of its parent under which it is. */
interface Place {
  readonly node: Node;
  readonly key: string;
  readonly parent: Place | undefined;
}

/**
 * Where a value is only read: by type of node and key. A call gives the object as `this`, an assignment
 * throws, and elsewhere nobody has looked.
 */
const READS: Readonly<Record<string, readonly string[]>> = {
  ArrayExpression: ['elements'],
  ArrowFunctionExpression: ['body'],
  AssignmentExpression: ['right'],
  AssignmentPattern: ['right'],
  BinaryExpression: ['left', 'right'],
  CallExpression: ['arguments'],
  ClassDeclaration: ['superClass'],
  ClassExpression: ['superClass'],
  ConditionalExpression: ['test', 'consequent', 'alternate'],
  ExpressionStatement: ['expression'],
  IfStatement: ['test'],
  LogicalExpression: ['left', 'right'],
  NewExpression: ['callee', 'arguments'],
  PropertyDefinition: ['value'],
  ReturnStatement: ['argument'],
  SpreadElement: ['argument'],
  SwitchCase: ['test'],
  SwitchStatement: ['discriminant'],
  TemplateLiteral: ['expressions'],
  VariableDeclarator: ['init'],
};

function onlyReads({ node, key, parent }: Place): boolean {
  if (parent === undefined) return false;
  const { type, computed, operator } = parent.node;
  if (type === 'ParenthesizedExpression') return onlyReads(parent);
  // `a.b.c`, `a.b.c()` and `a.b.c = d` read `a.b`.
  if (type === 'MemberExpression') return key === 'object' || computed === true;
  if (type === 'UnaryExpression') return operator !== 'delete';
  if (type === 'Property') return key === 'value' && parent.parent?.node.type === 'ObjectExpression';
  return node.type !== 'ChainExpression' && (READS[type]?.includes(key) ?? false);
}

/** Keys under which an identifier is only a name. */
const isName = ({ key, parent }: Place): boolean => {
  const { type, computed, shorthand } = parent!.node;
  if (computed === true || shorthand === true) return false;
  return type === 'MemberExpression'
    ? key === 'property'
    : key === 'key' && ['Property', 'PropertyDefinition', 'MethodDefinition'].includes(type);
};

/**
 * The reads of namespace objects by their local names, for those of which a module reads nothing but single
 * exports. A local name that another scope declares too counts as one that it uses otherwise.
 */
export function namespaceReads(
  locals: readonly string[],
  source: string,
  program: () => ParseResult['program'],
): Map<string, readonly NamespaceRead[]> {
  const found = new Map<string, NamespaceRead[]>(locals.map((local) => [local, []]));
  if (found.size === 0) return found;
  const visitName = (place: Place) => {
    const local = place.node['name'] as string;
    const reads = found.get(local);
    if (reads === undefined || isName(place)) return;
    const read = readOf(place, source);
    if (read === undefined) found.delete(local);
    else reads.push(read);
  };
  const places: Place[] = [{ node: program() as unknown as Node, key: '', parent: undefined }];
  for (let place = places.pop(); place !== undefined && found.size > 0; place = places.pop()) {
    const { node } = place;
    if (node.type === 'Identifier') visitName(place);
    if (node.type === 'Identifier' || node.type === 'ImportDeclaration') continue;
    for (const [key, value] of Object.entries(node)) {
      for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
        if (typeof child === 'object' && child !== null && 'type' in child)
          places.push({ node: child as Node, key, parent: place });
      }
    }
  }
  return found;
}

function readOf({ key, parent }: Place, source: string): NamespaceRead | undefined {
  const { type, computed, optional, start, end } = parent!.node;
  if (type !== 'MemberExpression' || key !== 'object' || computed === true || optional === true)
    return undefined;
  const property = parent!.node['property'] as Node;
  if (property.type !== 'Identifier' || !onlyReads(parent!)) return undefined;
  const lineBreaks = source.slice(start, end).replace(/[^\n]+/g, '');
  return { start, end, name: property['name'] as string, lineBreaks };
}
