import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createToken } from '../../../registry/auth/tokens.js';
import { openSqliteStore } from '../../../registry/store/sqlite.js';
import { mediaType } from '../../../registry/content/media-type.js';
import { blake3 } from '../../../registry/hash.js';
import { moduleLinks } from '../../../registry/ingest/module-links.js';
import { manifestBytes, type Manifest } from '../../../schema/index.js';

const MAIN = path.resolve(import.meta.dirname, '../../../dist/bin/modcast.js');
const MODULES = 300;
const SAVES = 100;

/** What the server serves. */
export interface Site {
  readonly database: string;
  /** Of the modules of the head. */
  readonly hashes: readonly string[];
}

async function fileOf(name: string, text: string) {
  const bytes = Buffer.from(text);
  const { links } = await moduleLinks(name, bytes);
  return { name, type: mediaType(name), blob: { hash: blake3(bytes), bytes, links } };
}

/**
 * Makes a database: a site with a history, a page of 1 MB, and a large file.
 * @param largeBytes of the file
 */
export async function makeSite(database: string, largeBytes: number): Promise<Site> {
  const store = await openSqliteStore(database);
  const imports = Array.from({ length: MODULES }, (_, i) => `import './lib/${i}.mjs';`).join('\n');
  const texts: [string, string][] = [
    ['index.html', '<!doctype html><title>x</title><script type="module" src="main.mjs"></script>'],
    [
      'large.html',
      `<!doctype html><script type="module" src="main.mjs"></script>${'<p>text</p>'.repeat(90_000)}`,
    ],
    ['large.json', JSON.stringify('x'.repeat(largeBytes))],
    ['main.mjs', imports],
    ...Array.from({ length: MODULES }, (_, i): [string, string] => [
      `lib/${i}.mjs`,
      `export default ${JSON.stringify(`${i} `.repeat(200))};`,
    ]),
  ];
  const files = await Promise.all(texts.map(([name, text]) => fileOf(name, text)));
  let head: number | null = null;
  for (let save = 0; save <= SAVES; save++) {
    const saved = await fileOf('saved.mjs', `export default ${save};`);
    const now = [...files, saved];
    const modules = new Map(
      now.map(({ name, blob, type }) => [name, { hash: blob.hash, size: blob.bytes.length, type }]),
    );
    const manifest: Manifest = { modules, entries: ['main.mjs'], importMap: null };
    const { deploy } = await store.commit({
      channel: 'production',
      manifest,
      hash: blake3(manifestBytes(manifest)),
      expected: head,
      blobs: (save === 0 ? now : [saved]).map(({ blob }) => blob),
      time: save,
      author: 'ada',
      message: '',
      commit: null,
    });
    head = deploy.number;
  }
  const site = {
    database,
    hashes: files.filter(({ name }) => name.startsWith('lib/')).map(({ blob }) => blob.hash),
  };
  await store.close();
  return site;
}

/** A new token for a channel: what an earlier one has used up does not matter. */
export async function tokenFor({ database }: Site, channel: string): Promise<string> {
  const store = await openSqliteStore(database);
  const scope = [`publish:${channel}`];
  const { text } = await createToken(store, { scope, expires: null, note: '', now: Date.now() });
  await store.close();
  return text;
}

/** `modcast serve --no-dir` in a process of its own. */
export class Target {
  readonly url: string;
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    this.url = `http://127.0.0.1:${port}/`;
  }

  static async start({ database }: Site): Promise<Target> {
    const options = ['serve', '--no-dir', '--db', database, '--channel', 'production', '--port', '0'];
    const child = spawn(process.execPath, [MAIN, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    const port = await new Promise<number>((resolve, reject) => {
      let text = '';
      for (const stream of [child.stdout, child.stderr]) {
        // Read to the end: a full pipe would stop the server.
        stream.on('data', (data: Buffer) => {
          if (text.length < 10_000) text += data;
          const found = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(text)?.[1];
          if (found !== undefined) resolve(Number(found));
        });
      }
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${text}`)));
    });
    return new Target(child, port);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resident memory in bytes. */
  get memory(): number {
    const text = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) * 1024;
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
