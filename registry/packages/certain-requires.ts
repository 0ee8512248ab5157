import { parseSync, Visitor } from 'rolldown/utils';

/** Syntax whose parts may not run. */
const MAYBE = [
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'IfStatement',
  'ConditionalExpression',
  'LogicalExpression',
  'SwitchStatement',
  'TryStatement',
  'ClassBody',
] as const;

/**
 * The specifiers that a CommonJS module requires whenever it runs: outside of functions, conditions and
 * `try`. None for a source that does not parse.
 */
export function certainRequires(source: string): Set<string> {
  const found = new Set<string>();
  let depth = 0;
  const enter = () => void depth++;
  const leave = () => void depth--;
  const parsed = parseSync('module.cjs', source, { lang: 'js', sourceType: 'script' });
  new Visitor({
    ...Object.fromEntries(
      MAYBE.flatMap((type) => [[type, enter] as const, [`${type}:exit`, leave] as const]),
    ),
    CallExpression({ callee, arguments: [first] }) {
      if (depth > 0 || callee.type !== 'Identifier' || callee.name !== 'require') return;
      if (first?.type === 'Literal' && typeof first.value === 'string') found.add(first.value);
    },
  }).visit(parsed.program);
  return found;
}
