/** A part of a style sheet's text: one rule at its top level. */
export interface RuleText {
  readonly start: number;
  readonly end: number;
}

const CLOSES: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };

/** Matches one token that can hide a bracket or a semicolon, or any one character. */
const TOKEN =
  /\/\*[\s\S]*?(?:\*\/|$)|"(?:\\[\s\S]|[^"\\\n])*(?:"|$)?|'(?:\\[\s\S]|[^'\\\n])*(?:'|$)?|\burl\(\s*(?!["'\s])(?:\\[\s\S]|[^)\\])*(?:\)|$)|\\[\s\S]|[\s\S]/giy;

/** What stands between rules. */
const BETWEEN = /(?:\s|\/\*[\s\S]*?(?:\*\/|$)|<!--|-->)*/y;

/**
 * The rules at the top level of a style sheet, as CSS Syntax Level 3 finds them: an at-rule ends with a
 * semicolon or a block, any other rule with a block. Rules that no engine accepts are among them.
 */
export function splitRules(css: string): RuleText[] {
  const rules: RuleText[] = [];
  for (let start = skip(css, 0); start < css.length;) {
    const end = endOfRule(css, start);
    rules.push({ start, end });
    start = skip(css, end);
  }
  return rules;
}

function skip(css: string, from: number): number {
  BETWEEN.lastIndex = from;
  BETWEEN.exec(css);
  return BETWEEN.lastIndex;
}

function endOfRule(css: string, start: number): number {
  const isAtRule = css[start] === '@';
  const open: string[] = [];
  TOKEN.lastIndex = start;
  for (let match = TOKEN.exec(css); match !== null; match = TOKEN.exec(css)) {
    const [token] = match;
    if (CLOSES[token] !== undefined) open.push(CLOSES[token]);
    else if (open.length > 0 && token === open.at(-1)) {
      open.pop();
      if (open.length === 0 && token === '}') return TOKEN.lastIndex;
    } else if (token === ';' && isAtRule && open.length === 0) return TOKEN.lastIndex;
  }
  return css.length;
}
