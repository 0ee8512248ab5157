import { parseAst } from 'rolldown/parseAst';

/** Whether a source may have accessors: what looks like one can be in a string or a comment. */
export const mayHaveAccessors = (source: string): boolean => /\b[gs]et\s+[\w$#['"]/.test(source);

/** The number of getters and setters in JavaScript. */
export function countAccessors(code: string): number {
  let count = 0;
  const visit = (node: object): void => {
    const { kind } = node as { kind?: unknown };
    if (kind === 'get' || kind === 'set') count++;
    for (const value of Object.values(node) as unknown[]) {
      for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
        if (typeof child === 'object' && child !== null) visit(child);
      }
    }
  };
  visit(parseAst(code));
  return count;
}
