import { existsSync } from 'node:fs';
import { mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { ModcastError } from '../../schema/index.js';
import { blake3 } from '../hash.js';
import { runNpm, type Env } from '../packages/run-npm.js';

export interface NpmInstallsOptions {
  /** Absolute. It is created. */
  readonly folder: string;
  readonly env: Env;
}

/** What was installed, or why it could not be. */
export type NpmInstall = { readonly directory: string } | { readonly reason: string };

/** Milliseconds until npm has to have installed the packages of one lock file. */
const PATIENCE_MS = 10 * 60_000;

/** `npm ci` without what is not needed here: scripts are code of the packages. */
const INSTALL = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];

/** Where installs are kept unless a folder is named. */
export function defaultInstallsFolder(env: Env): string {
  const named = process.platform === 'win32' ? env['LOCALAPPDATA'] : env['XDG_CACHE_HOME'];
  const home = process.platform === 'darwin' ? 'Library/Caches' : '.cache';
  return path.join(named || path.join(homedir(), home), 'modcast', 'installs');
}

/** Installs the packages of lock files, each into a folder that is named by what it was made of. */
export class NpmInstalls {
  readonly #options: NpmInstallsOptions;
  readonly #made = new Map<string, Promise<NpmInstall>>();

  /** @throws ModcastError `option-invalid` if packages from elsewhere would be found there */
  constructor(options: NpmInstallsOptions) {
    this.#options = options;
    for (let at = options.folder; ; at = path.dirname(at)) {
      const other = path.join(at, 'node_modules');
      if (existsSync(other)) {
        const message = `packages cannot be installed in ${options.folder}, because those of ${other} would be found from there; name another folder with --install-folder`;
        throw new ModcastError('option-invalid', message, { found: other });
      }
      if (at === path.dirname(at)) break;
    }
  }

  /**
   * Installs once for the same files, and keeps that for other runs.
   * @param files by their paths relative to the install: the lock file, `package.json`, and what they name
   */
  install(files: ReadonlyMap<string, Uint8Array>): Promise<NpmInstall> {
    const key = keyOf(files);
    let made = this.#made.get(key);
    if (made === undefined) this.#made.set(key, (made = this.#make(key, files)));
    return made;
  }

  /** Whether `install` has nothing to do. */
  knows(files: ReadonlyMap<string, Uint8Array>): boolean {
    const key = keyOf(files);
    return this.#made.has(key) || existsSync(path.join(this.#options.folder, key));
  }

  async #make(key: string, files: ReadonlyMap<string, Uint8Array>): Promise<NpmInstall> {
    const { folder, env } = this.#options;
    const directory = path.join(folder, key);
    if (existsSync(directory)) return { directory: await realpath(directory) };
    const draft = path.join(folder, `.${key}.${process.pid}`);
    try {
      for (const [name, bytes] of files) {
        const file = path.join(draft, name);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, bytes);
      }
      const { code, err } = await runNpm(INSTALL, { cwd: draft, env, patience: PATIENCE_MS });
      if (code !== 0) return { reason: npmReason(err, code) };
      // Another run may have been faster.
      await rename(draft, directory).catch((error: unknown) => {
        if (!existsSync(directory)) throw error;
      });
      return { directory: await realpath(directory) };
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
}

function keyOf(files: ReadonlyMap<string, Uint8Array>): string {
  const parts = [...files].map(([name, bytes]) => [name, blake3(bytes)]);
  return blake3(Buffer.from(JSON.stringify(parts.toSorted()))).slice(0, 32);
}

/** The message of npm without its prefixes, its code in front. */
function npmReason(err: string, code: number | null): string {
  const lines = err
    .split('\n')
    .map((line) => line.replace(/^npm (?:error|ERR!) ?/i, '').trim())
    .filter((line) => line !== '' && !/^(?:A complete log|Log files|errno |syscall )/.test(line));
  const name = /^code (\S+)$/.exec(lines[0] ?? '')?.[1];
  const text = (name === undefined ? lines : lines.slice(1))[0];
  const said = [name, text].filter((part) => part !== undefined).join(': ');
  return said === '' ? (code === null ? 'npm was stopped' : `npm ci ended with ${code}`) : said;
}
