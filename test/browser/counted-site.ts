import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BootInfo } from '../../loader/index.js';
import type { BrowserPage } from './engines/engine.js';

/** How often each module was evaluated in a page, and in which version. */
export interface Evaluations {
  readonly counts: Record<string, number>;
  readonly versions: Record<string, number[]>;
}

/** A directory of files that goes away when it is closed. */
export class TemporarySite {
  private constructor(readonly directory: string) {}

  static async create(files: Record<string, string | Uint8Array> = {}): Promise<TemporarySite> {
    const site = new TemporarySite(await mkdtemp(join(tmpdir(), 'modcast-site-')));
    await site.write(files);
    return site;
  }

  /**
   * Saves files without a break in between, so that they are one burst to the watcher, however busy the
   * machine is.
   */
  async write(files: Record<string, string | Uint8Array>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const file = join(this.directory, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  async close(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A module that says that it ran, and in which version. */
export const counted = (name: string, version: number, imports: readonly string[] = [], more = ''): string =>
  `${imports.map((specifier) => `import '${specifier}';\n`).join('')}
globalThis.count ??= {};
globalThis.versions ??= {};
globalThis.count['${name}'] = (globalThis.count['${name}'] ?? 0) + 1;
(globalThis.versions['${name}'] ??= []).push(${version});
export const version = ${version};
${more}`;

/** Modules that the page evaluates when it loads, with a cycle between two of them. */
export const STATIC_MODULES = ['main', 'a', 'b', 'c', 'inline'];

/** A page with a static closure, an inline script, and a module that only `globalThis.later()` imports. */
export const countedFiles = (version: number): Record<string, string> => ({
  'index.html': `<!doctype html><title>Counted</title>
<script type="module" src="main.mjs"></script>
<script type="module">
  import './lib/a.mjs';
  globalThis.count.inline = (globalThis.count.inline ?? 0) + 1;
</script>`,
  'main.mjs': counted(
    'main',
    version,
    ['./lib/a.mjs', './lib/b.mjs'],
    `globalThis.later = () => import('./lazy/later.mjs');`,
  ),
  'lib/a.mjs': counted('a', version, ['./c.mjs']),
  'lib/b.mjs': counted('b', version, ['./a.mjs', './c.mjs']),
  'lib/c.mjs': counted('c', version, ['./b.mjs']),
  'lazy/later.mjs': counted('later', version, ['../lib/a.mjs', './deep.mjs']),
  'lazy/deep.mjs': counted('deep', version),
});

/** What a page has evaluated when modcast says that it has booted. */
export async function booted(page: BrowserPage): Promise<Evaluations & Pick<BootInfo, 'from' | 'deploy'>> {
  return page.evaluate(async () => {
    const { from, deploy } = await modcast!.ready;
    const { count, versions } = globalThis as unknown as {
      count: Record<string, number>;
      versions: Record<string, number[]>;
    };
    if (modcast!.stats().boot?.from !== from) throw new Error('stats() and ready disagree');
    return { counts: count, versions, from, deploy };
  });
}

/** Imports what only `import()` reaches, and says what has been evaluated by then. */
export async function importLater(page: BrowserPage): Promise<Evaluations> {
  return page.evaluate(async () => {
    const scope = globalThis as unknown as Evaluations & {
      count: Record<string, number>;
      later(): Promise<unknown>;
    };
    await scope.later();
    return { counts: scope.count, versions: scope.versions };
  });
}

export const once = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries(names.map((name) => [name, 1]));

export const each = (names: readonly string[], version: number): Record<string, number[]> =>
  Object.fromEntries(names.map((name) => [name, [version]]));
