/** A literal URL from which a module starts a worker. */
export interface StartedWorker {
  readonly url: string;
  /** Whether it is relative to the URL of the page, and not to that of the module. */
  readonly byPage: boolean;
}

/** `new Worker(new URL('./w.mjs', import.meta.url), { type: 'module' })`, or with a text as its URL. */
const WORKER =
  /\bnew\s+(?:[\w$]+\s*\.\s*)*Worker\s*\(\s*(?:new\s+URL\s*\(\s*(['"`])([^'"`\\$]+)\1\s*,\s*import\s*\.\s*meta\s*\.\s*url\s*,?\s*\)(?:\s*\.\s*href)?|(['"`])([^'"`\\$]+)\3)\s*,\s*\{[^{}]*\btype['"]?\s*:\s*(['"`])module\5/g;

/** The module workers that a module starts, as far as its text says. */
export function workersOf(source: string): StartedWorker[] {
  const found = [...source.matchAll(WORKER)].map((match) => ({
    url: match[2] ?? match[4]!,
    byPage: match[2] === undefined,
  }));
  return found.filter(
    ({ url, byPage }, at) => at === found.findIndex((one) => one.url === url && one.byPage === byPage),
  );
}
