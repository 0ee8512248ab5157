import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import type { ChromiumBrowser } from '../../browser/engines/chromium.js';
import { blake3 } from '../../../registry/hash.js';
import { openSqliteStore } from '../../../registry/store/sqlite.js';
import { Disk } from './disk.js';
import { Edits, PAGES } from './edits.js';
import { Pages } from './pages.js';
import { Random } from './random.js';
import { KilledServer, type Head } from './server.js';

export interface ChaosOptions {
  readonly browser: ChromiumBrowser;
  /** Contains `site/` and the database. */
  readonly directory: string;
  readonly seed: number;
  readonly edits: number;
}

export interface ChaosResult {
  /** Versions and blobs that ran or were stored although no file ever had them. */
  readonly wrong: readonly string[];
  readonly summary: string;
}

/**
 * Edits between two checks. A check compares every page with the files, before and after all are fixed.
 */
const ROUND = 25;
/**
 * Milliseconds until pages must be at rest: far longer than the longest delay between two reconnects.
 */
const REST_MS = 60_000;

export async function runChaos({
  browser,
  directory,
  seed,
  edits: count,
}: ChaosOptions): Promise<ChaosResult> {
  const random = new Random(seed);
  const disk = new Disk(join(directory, 'site'));
  const edits = new Edits(disk, random);
  const database = join(directory, 'registry.db');
  const server = new KilledServer(disk.directory, database);
  const done: string[] = [];
  let kills = 0;
  let cuts = 0;
  let pages: Pages | undefined;
  const note = (what: string) => done.push(`${new Date().toISOString().slice(17, 23)} ${what}`);
  const explain = (why: string) =>
    [
      why,
      'edits:',
      ...done.slice(-45),
      ...(pages?.all ?? []).flatMap(({ name, output }) => [`output of ${name}:`, ...output.slice(-45)]),
      server.output.slice(-2000),
    ].join('\n  ');

  try {
    edits.begin();
    await server.start();
    pages = await Pages.open(browser, disk, server.url, PAGES);
    for (let edit = 1; edit <= count; edit++) {
      note(edits.edit());
      if (random.chance(0.75)) await pause(random.below(150));
      if (random.chance(0.04)) {
        note('cut');
        cuts++;
        server.cut();
      }
      if (!server.isUp && random.chance(0.3)) {
        note('start');
        await server.start();
      } else if (server.isUp && (edit === count >> 1 || random.chance(0.03))) {
        note('kill');
        kills++;
        await server.kill();
      }
      if (edit % ROUND !== 0 && edit !== count) continue;
      if (!server.isUp) await server.start();
      for (const isFixed of [false, true]) {
        if (isFixed) note(edits.fixAll());
        const problem = await waitForRest(disk, server, pages);
        if (problem !== null)
          throw new Error(explain(`${isFixed ? 'after the fixes' : 'before the fixes'}: ${problem}`));
        if (pages.wrong.length > 0) throw new Error(explain(pages.wrong.join('\n')));
      }
      note('at rest');
    }
  } finally {
    await server.kill();
    await pages?.context.close();
  }
  const stored = await neverWritten(database, disk);
  const manualReloads = pages.all.map((page) => page.manualReloads);
  const summary = `${count} edits, ${cuts} cuts, ${kills} kills, ${pages.evaluated} evaluations, manual reloads ${manualReloads.join(', ')}, ${server.fusedLoads} loads with runs`;
  return { wrong: [...pages.wrong, ...stored], summary };
}

/**
 * Waits until the head matches the files and every page runs them or reports why it cannot.
 * @returns the remaining problem after `REST_MS`, null without one
 */
export async function waitForRest(disk: Disk, server: KilledServer, pages: Pages): Promise<string | null> {
  const end = Date.now() + REST_MS;
  for (;;) {
    const problem = await restProblem(disk, server, pages);
    if (problem === null || Date.now() > end) return problem;
    await pause(50);
  }
}

async function restProblem(disk: Disk, server: KilledServer, pages: Pages): Promise<string | null> {
  const head = await server.head();
  const outdated = outdatedIn(disk, head);
  if (outdated.length > 0) return `deploy ${head.deploy} differs from these files: ${outdated.join(', ')}`;
  const problems = await Promise.all(
    pages.all.map(async (page) => {
      const problem = await pages.problemOf(page, head);
      return problem === null ? [] : [`${page.name}: ${problem}`];
    }),
  );
  return problems.flat().join('\n    ') || null;
}

function outdatedIn(disk: Disk, { manifest }: Head): string[] {
  const kept = [...disk.files].filter(([path]) => !path.endsWith('.txt'));
  const other = kept.filter(
    ([path, { text }]) => manifest.modules.get(path)?.hash !== blake3(Buffer.from(text)),
  );
  const gone = [...manifest.modules.keys()].filter((path) => !disk.files.has(path));
  return [...other.map(([path]) => path), ...gone];
}

/** Reports blobs of the store whose bytes no file ever had. */
async function neverWritten(database: string, disk: Disk): Promise<string[]> {
  const store = await openSqliteStore(database);
  const wrong: string[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page: Awaited<ReturnType<typeof store.verifyPage>> = await store.verifyPage(after, 1000);
    for (const { hash, bytes } of page.blobs) {
      // A server that was killed while it stored a blob leaves a hash without bytes.
      if (disk.hashes.has(hash) && (bytes.length === 0 || blake3(bytes) === hash)) continue;
      const text = JSON.stringify(String(Buffer.from(bytes)).slice(0, 200));
      wrong.push(
        `${await store.pathOf('dev', hash)} was stored as ${hash}, which no file ever contained: ${text}`,
      );
    }
    after = page.next;
  }
  await store.close();
  return wrong;
}
