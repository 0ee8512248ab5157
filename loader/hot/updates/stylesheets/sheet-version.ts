import { splitRules } from './split-rules.js';

interface Rule {
  /** As the author wrote it. */
  readonly source: string;
  /** As the engine serializes it. Null for `@import`. */
  readonly text: string | null;
}

/** The rules of one version of a style sheet that the engine accepts. */
export type SheetVersion = readonly Rule[];

/**
 * Reads a style sheet's source with the engine's own parser.
 *
 * @param url of the style sheet
 * @returns null when the source cannot be taken apart with certainty
 */
export function readVersion(source: string, url: string): SheetVersion | null {
  const scratch = new CSSStyleSheet({ baseURL: url });
  const rules: Rule[] = [];
  let rest = source;
  let mayImport = true;
  for (const { start, end } of splitRules(source)) {
    const text = source.slice(start, end);
    if (/^@import(?![\w-])/i.test(text)) {
      if (mayImport) rules.push({ source: text, text: null });
      // A sheet that is made by script takes no imports, and complains.
      rest = rest.slice(0, start) + ' '.repeat(end - start) + rest.slice(end);
      continue;
    }
    const { length } = scratch.cssRules;
    try {
      scratch.insertRule(text, length);
    } catch {
      // As the parser does, which drops such a rule.
      continue;
    }
    const { cssText } = scratch.cssRules[length]!;
    rules.push({ source: text, text: cssText });
    mayImport &&= /^@layer[^{]*$/i.test(cssText);
  }
  const whole = new CSSStyleSheet({ baseURL: url });
  whole.replaceSync(rest);
  const own = rules.filter(({ text }) => text !== null);
  const isSame =
    own.length === whole.cssRules.length && own.every(({ text }, at) => text === whole.cssRules[at]!.cssText);
  return isSame ? rules : null;
}

export const isImport = (rule: CSSRule): rule is CSSImportRule => 'styleSheet' in rule;

/** Whether a style sheet of the page has exactly the rules of a version: the page has not changed them. */
export function hasVersion({ cssRules }: CSSStyleSheet, version: SheetVersion): boolean {
  if (cssRules.length !== version.length) return false;
  return version.every(({ text }, at) => {
    const rule = cssRules[at]!;
    return text === null ? isImport(rule) : rule.cssText === text;
  });
}

/**
 * Changes the rules of a style sheet from one version to another, in one step. Rules before and after those
 * that differ stay, and with them the fonts, animations and imports that they began.
 *
 * @returns the imports that were added, or null when the engine refuses: then the rules are incomplete
 */
export function changeVersion(
  sheet: CSSStyleSheet,
  from: SheetVersion,
  to: SheetVersion,
): CSSImportRule[] | null {
  const shorter = Math.min(from.length, to.length);
  let before = 0;
  while (before < shorter && from[before]!.source === to[before]!.source) before++;
  let after = 0;
  while (after < shorter - before && from.at(-1 - after)!.source === to.at(-1 - after)!.source) after++;
  const added: CSSImportRule[] = [];
  try {
    for (let at = from.length - after - 1; at >= before; at--) sheet.deleteRule(at);
    for (let at = before; at < to.length - after; at++) {
      sheet.insertRule(to[at]!.source, at);
      const rule = sheet.cssRules[at]!;
      if (isImport(rule)) added.push(rule);
    }
    return added;
  } catch {
    return null;
  }
}
