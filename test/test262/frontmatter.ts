import { loadAll } from 'js-yaml';

/** What a test says about itself: INTERPRETING.md of test262, "Metadata". */
export interface Frontmatter {
  readonly flags: readonly string[];
  /** Names of files in `harness/`. */
  readonly includes: readonly string[];
  /** The name of the error that the test has to end with, or null. */
  readonly negative: string | null;
}

/**
 * @param file its path, for messages
 * @throws Error if the source has no frontmatter, or one of another shape
 */
export function readFrontmatter(source: string, file: string): Frontmatter {
  const [, text] = /\/\*---\r?\n([^]*?)---\*\//.exec(source) ?? [];
  if (text === undefined) throw new Error(`${file} has no frontmatter between /*--- and ---*/.`);
  const [read] = loadAll(text.replaceAll('\r\n', '\n')) as (Partial<Record<string, unknown>> | null)[];
  const list = (name: string): string[] => {
    const value = read?.[name] ?? [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    throw new Error(`${file}: “${name}” in its frontmatter is not a list of names.`);
  };
  const negative = read?.['negative'] as { readonly type?: unknown } | undefined;
  const type = negative?.type ?? null;
  if (negative !== undefined && typeof type !== 'string')
    throw new Error(`${file}: “negative” in its frontmatter has no “type”.`);
  return { flags: list('flags'), includes: list('includes'), negative: type as string | null };
}
