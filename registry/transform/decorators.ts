import { parseAst } from 'rolldown/parseAst';
import { position } from '../ingest/syntax.js';

/** What a decorator looks like, also in a string. Compilers begin comments so: `@__PURE__` is in all JSX. */
const LIKE = /(?:^|[\s;{}()])(?<!\/\* )@[\w$(]/;

interface Node {
  readonly start: number;
  readonly decorators?: readonly Node[];
}

/** Where JavaScript has a decorator, which no browser parses. Line and column count from 1. */
export function decoratorPlace(code: string): { line: number; column: number } | undefined {
  if (!LIKE.test(code)) return undefined;
  const start = firstDecorator(parseAst(code) as unknown as Node);
  return start === undefined ? undefined : position(code, start);
}

function firstDecorator(node: Node): number | undefined {
  const [own] = node.decorators ?? [];
  if (own !== undefined) return own.start;
  for (const value of Object.values(node) as unknown[]) {
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof child !== 'object' || child === null) continue;
      const found = firstDecorator(child as Node);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
