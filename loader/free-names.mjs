// Finds the globals that a bundle uses, for the build and for tests.
import { parse } from 'acorn';

/** Children that are names of members or labels. */
const NAMES = {
  MemberExpression: 'property',
  Property: 'key',
  PropertyDefinition: 'key',
  MethodDefinition: 'key',
};
const LABELLED = new Set(['LabeledStatement', 'BreakStatement', 'ContinueStatement']);

/** @param {unknown} value */
const isNode = (value) => typeof value === 'object' && value !== null && 'type' in value;

/** @param {any} pattern @param {Set<string>} names */
function declare(pattern, names) {
  switch (pattern?.type) {
    case 'Identifier':
      return names.add(pattern.name);
    case 'ObjectPattern':
      return pattern.properties.forEach((/** @type {any} */ one) =>
        declare(one.value ?? one.argument, names),
      );
    case 'ArrayPattern':
      return pattern.elements.forEach((/** @type {any} */ one) => declare(one, names));
    case 'AssignmentPattern':
      return declare(pattern.left, names);
    case 'RestElement':
      return declare(pattern.argument, names);
  }
}

/**
 * The names that a script uses and does not declare, and those of the members that it reads. The scopes of
 * declarations do not count: in a minified script, no local has the name of a global.
 *
 * @param {string} script
 * @returns {{ globals: string[], members: string[] }} sorted
 */
export function freeNames(script) {
  /** @type {Set<string>} */ const declared = new Set();
  /** @type {Set<string>} */ const used = new Set();
  /** @type {Set<string>} */ const members = new Set();
  const visit = (/** @type {any} */ node) => {
    if (node.type === 'Identifier') return used.add(node.name);
    if (node.type === 'VariableDeclarator') declare(node.id, declared);
    if (node.type === 'CatchClause') declare(node.param, declared);
    if (/Function|Class/.test(node.type)) {
      declare(node.id, declared);
      for (const parameter of node.params ?? []) declare(parameter, declared);
    }
    for (const [key, value] of Object.entries(node)) {
      if (LABELLED.has(node.type) && key === 'label') continue;
      if (NAMES[/** @type {keyof typeof NAMES} */ (node.type)] === key && !node.computed) {
        if (node.type === 'MemberExpression' && value.type === 'Identifier') members.add(value.name);
        if (node.type === 'Property') members.add(value.name ?? value.value);
        continue;
      }
      for (const child of [value].flat()) if (isNode(child)) visit(child);
    }
  };
  visit(parse(script, { ecmaVersion: 'latest' }));
  return { globals: [...used].filter((name) => !declared.has(name)).sort(), members: [...members].sort() };
}
