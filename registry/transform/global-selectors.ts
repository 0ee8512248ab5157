/** Comments and strings, in which nothing is a selector, and the switches. */
const PARTS = /\/\*[^]*?\*\/|"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|:(global|local)(?![\w(-])\s*/g;

/**
 * A CSS module whose switches are functions: `.a :global .b .c` becomes `.a :global(.b .c)`. The switch
 * counts up to the next one, or the end of the selector.
 */
export function withGlobalFunctions(css: string): string {
  let text = '';
  let last = 0;
  for (const { 0: whole, 1: scope, index } of css.matchAll(PARTS)) {
    if (scope === undefined || index < last) continue;
    const start = index + whole.length;
    text += css.slice(last, index);
    last = start;
    if (scope === 'local') continue;
    const end = selectorEnd(css, start);
    const [, combinator, selector, rest] = /^([>+~\s]*)(.*?)(\s*)$/s.exec(css.slice(start, end))!;
    text += `${combinator}${selector === '' ? '' : `:global(${selector})`}${rest}`;
    last = end;
  }
  return text + css.slice(last);
}

/** Where the selector ends: at a comma or brace outside of parentheses and brackets, or at a switch. */
function selectorEnd(css: string, start: number): number {
  let depth = 0;
  for (let at = start; at < css.length; at++) {
    const char = css[at]!;
    if (char === '(' || char === '[') depth++;
    else if (char === ']') depth--;
    else if (char === ')' && --depth < 0) return at;
    else if (
      depth === 0 &&
      (/[,{};]/.test(char) || /^:(?:global|local)(?![\w-])/.test(css.slice(at, at + 8)))
    ) {
      return at;
    }
  }
  return css.length;
}
