import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ChromiumBrowser } from '../../browser/engines/chromium.js';
import { Disk } from './disk.js';
import { Edits, PAGES } from './edits.js';
import { Pages } from './pages.js';
import { Random } from './random.js';
import { waitForRest } from './run.js';
import { KilledServer } from './server.js';

const MAIN = resolve(import.meta.dirname, '../../../dist/bin/modcast.js');

export interface SoakOptions {
  readonly browser: ChromiumBrowser;
  /** Contains `site/` and the database. */
  readonly directory: string;
  readonly seed: number;
  readonly seconds: number;
  readonly print: (line: string) => void;
}

export interface SoakResult {
  readonly summary: string;
  /** Versions that ran although no file ever had them. */
  readonly wrong: readonly string[];
  /** Resident memory of the server after each check, in bytes. */
  readonly memory: readonly number[];
}

/** Edits between two checks, and checks between two collections. */
const ROUND = 25;
const COLLECT_EVERY = 2;

/** Milliseconds between two lines of progress. */
const PROGRESS_MS = 60_000;

/** Deploys that the server and the collector keep. */
const KEPT = '20';

/** Saves, cuts sockets and collects, and checks that a page of each kind runs the newest files. */
export async function runSoak({
  browser,
  directory,
  seed,
  seconds,
  print,
}: SoakOptions): Promise<SoakResult> {
  const random = new Random(seed);
  const disk = new Disk(join(directory, 'site'));
  const edits = new Edits(disk, random);
  const database = join(directory, 'registry.db');
  const server = new KilledServer(disk.directory, database, ['--keep-deploys', KEPT]);
  const memory: number[] = [];
  let saves = 0;
  let cuts = 0;
  let collections = 0;
  let pages: Pages | undefined;
  try {
    edits.begin();
    await server.start();
    pages = await Pages.open(browser, disk, server.url, PAGES);
    const started = Date.now();
    let progress = started;
    while (Date.now() - started < seconds * 1000 || memory.length < 3) {
      for (let edit = 0; edit < ROUND; edit++, saves++) {
        edits.edit();
        await pause(random.below(400));
        if (!random.chance(0.03)) continue;
        server.cut();
        cuts++;
      }
      edits.fixAll();
      const problem = await waitForRest(disk, server, pages);
      if (problem !== null)
        throw new Error(`after ${saves} saves: ${problem}\n${server.output.slice(-2000)}`);
      memory.push(server.memory);
      if (memory.length % COLLECT_EVERY === 0) {
        const options = ['--db', database, '--keep', KEPT, '--older-than', '0'];
        await promisify(execFile)(process.execPath, [MAIN, 'gc', ...options]);
        collections++;
      }
      if (Date.now() - progress < PROGRESS_MS) continue;
      progress = Date.now();
      print(`${Math.round((progress - started) / 1000)} s: ${saves} saves, ${megabytes(memory.at(-1)!)}`);
    }
  } finally {
    await server.kill();
    await pages?.context.close();
  }
  const summary = `${saves} saves, ${cuts} cuts, ${collections} collections, ${memory.length} checks of ${PAGES.length} pages`;
  return { summary, wrong: pages.wrong, memory };
}

export const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`;

/** The middle value of each third of a list. */
export function thirds(values: readonly number[]): number[] {
  const third = values.length / 3;
  return [0, 1, 2].map((i) => {
    const part = values.slice(Math.floor(i * third), Math.floor((i + 1) * third)).toSorted((a, b) => a - b);
    return part[Math.floor(part.length / 2)]!;
  });
}
