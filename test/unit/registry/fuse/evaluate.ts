import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { FusedModules } from '../../../../importmap/fused-modules.js';
import { moduleKey, runKey, type Path } from '../../../../schema/index.js';
import { fuseFiles, manifestOf, type Files } from './fuse-site.js';

/** Imports entries, one after the other, and tells what they log, throw and export. */
const THREAD = `
const { parentPort } = require('node:worker_threads');
const spaces = new Map();
const show = (value) => {
  if (typeof value === 'function') return 'function ' + value.name;
  if (Object.prototype.toString.call(value) === '[object Module]') {
    if (!spaces.has(value)) spaces.set(value, spaces.size);
    return 'namespace ' + spaces.get(value) + ' ' + Object.keys(value) + ' ' + Object.isExtensible(value);
  }
  return JSON.stringify(value) ?? String(value);
};
parentPort.on('message', async ({ urls, goesOn }) => {
  globalThis.log = [];
  globalThis.show = show;
  globalThis.process = undefined;
  globalThis.later = [];
  globalThis.__modcast__ = (key) => ({
    own: () => (metas[key] ??= { key }),
    import: (specifier) => import(new URL(specifier, new URL(key.replace('modcast:module/', ''), urls[0]))),
  });
  const metas = {};
  spaces.clear();
  for (const url of urls) {
    try {
      const space = await import(url);
      for (const run of later.splice(0)) await run().catch((error) => log.push('later throws ' + error.name));
      for (const name of Object.keys(space)) {
        let value;
        try { value = show(space[name]); } catch (error) { value = error.name; }
        log.push(name + ' = ' + value);
      }
    } catch (error) {
      log.push('throws ' + error.name + (/^\\d+$|fails/.test(error.message) ? ' ' + error.message : ''));
      if (!goesOn) later.length = 0;
    }
  }
  parentPort.postMessage(log);
});`;

/** The keys that a member's facade and its runs import, and that are not in what the member needs. */
function lackingKeys(path: Path, modules: FusedModules, runs: ReadonlyMap<Path, string>): string[] {
  const needed = modules.needed(path);
  const names = [...needed.runs].map(({ name }) => name);
  const keys = new Set([...names.map(runKey), ...[...needed.modules].map(moduleKey)]);
  const texts = [modules.facade(path), ...names.map((name) => runs.get(name)!)];
  return texts.flatMap((text) => text.match(KEY) ?? []).filter((key) => !keys.has(key));
}

/** A key in an import. Linked text has no other quotes. */
const KEY = /(?<=(?:from|import) ")modcast:(?:run|module)\/[^"]*/g;

/**
 * Evaluates sites in a thread, as Node evaluates ES modules. What the modules put in `later` is called when
 * their entry has been evaluated.
 */
export class Evaluator {
  readonly #thread = new Worker(THREAD, { eval: true }).setMaxListeners(0);
  readonly #goesOn: boolean;

  /**
   * @param goesOn whether modules of an entry that threw import more, after the next entry. They can get the
   *   error of the run that threw, where they would get a module natively
   */
  constructor({ goesOn = false } = {}) {
    this.#goesOn = goesOn;
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }

  async single(files: Files, entries: readonly Path[]): Promise<string[]> {
    return this.#run(files, entries);
  }

  /** The same with runs. `members` is the number of modules that are in one. */
  async joined(files: Files, entries: readonly Path[]): Promise<{ log: string[]; members: number }> {
    const { fusion, runs } = await fuseFiles(files, entries);
    const site = { root: 'https://site.invalid/', manifest: manifestOf(files, entries) };
    const modules = new FusedModules({
      fusion,
      site,
      isHere: () => false,
      pinned: () => false,
    });
    const members = new Set(fusion.runs.flatMap((run) => run.members));
    const made: Record<string, string> = {};
    for (const [path, text] of Object.entries(files))
      made[path] = members.has(path) ? modules.facade(path) : text;
    for (const [name, code] of runs) made[`runs/${name}`] = code;
    const lacking = [...members].flatMap((path) => lackingKeys(path, modules, new Map(runs)));
    if (lacking.length > 0) throw new Error(`The import map lacks ${lacking.join(', ')}`);
    return { log: await this.#run(made, entries), members: members.size };
  }

  async #run(files: Files, entries: readonly Path[]): Promise<string[]> {
    const dir = await mkdtemp(join(tmpdir(), 'evaluate-'));
    const urlOf = (path: string) => pathToFileURL(join(dir, path)).href;
    try {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(dir, path)), { recursive: true });
        // What an import map does in a page.
        const linked = text.replace(
          /(?<=(?:from|import) )"modcast:(run|module)\/([^"]*)"/g,
          (_, kind: string, place: string) => JSON.stringify(urlOf(kind === 'run' ? `runs/${place}` : place)),
        );
        await writeFile(join(dir, path), linked);
      }
      const result = new Promise<string[]>((resolve, reject) => {
        this.#thread.once('message', resolve).once('error', reject);
      });
      this.#thread.postMessage({ urls: entries.map(urlOf), goesOn: this.#goesOn });
      return await result;
    } finally {
      await rm(dir, { recursive: true });
    }
  }
}
