import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ABUSES } from './abuse/abuses.mjs';
import { HonestClient, type Measured } from './abuse/honest-client.js';
import { Target, makeSite, tokenFor, type Site } from './abuse/target.js';

/**
 * Seconds for each abuse. A long run sets `STRESS_ABUSE_SECONDS=10`. Only that one measures: it compares with
 * an idle server, so nothing else may run beside it.
 */
const SECONDS = Number(process.env['STRESS_ABUSE_SECONDS'] ?? 1);
const IS_MEASURED = SECONDS >= 5;
const LARGE_BYTES = (IS_MEASURED ? 60 : 4) * 1024 * 1024;

/** An answer may take 5 times as long as an idle server's, or this long. */
const FINE_MS = 50;
const MOST_GROWTH = 100 * 1024 * 1024;

let directory: string;
let site: Site;
let shared: Target | undefined;
const rows: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'modcast-'));
  site = await makeSite(path.join(directory, 'modcast.db'), LARGE_BYTES);
});

afterAll(async () => {
  await shared?.stop();
  await rm(directory, { recursive: true });
  if (rows.length > 0) console.log(['abuse | idle p99 | p99 | growth | peak | answers', ...rows].join('\n'));
});

/** A measured abuse gets a server of its own: memory that an earlier one left would hide its growth. */
async function target(): Promise<Target> {
  if (IS_MEASURED) await shared?.stop();
  if (IS_MEASURED || shared === undefined) shared = await Target.start(site);
  return shared;
}

/** Runs an abuse beside a client. */
async function abuse(name: string, server: Target, client: HonestClient) {
  const { url, port } = server;
  const config = JSON.stringify({ url, port, token: await tokenFor(site, 'other'), hashes: site.hashes });
  const child = fork(path.join(import.meta.dirname, 'abuse/abuser.mjs'), [name, config]);
  const exited = once(child, 'exit');
  const ended = exited.then(() => Promise.reject(new Error(`${name} ended`)));
  ended.catch(() => {});
  try {
    // The first answer has come.
    await Promise.race([once(child, 'message'), ended]);
    const measured = await client.run(SECONDS * 1000);
    const counted = once(child, 'message') as Promise<[Record<string, number>]>;
    child.send('count');
    const [answers] = await Promise.race([counted, ended]);
    return { measured, answers };
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}

async function assertPublishes({ url }: Target): Promise<void> {
  const response = await fetch(`${url}-/publish/production/plan`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${await tokenFor(site, 'production')}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({
      manifest: { modcast: 1, entries: [], importMap: null, modules: [] },
      author: 'x',
      message: '',
      commit: null,
      dryRun: true,
    }),
  });
  expect(await response.json()).toMatchObject({ state: 'open' });
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MB`;
const ms = (value: number) => `${value.toFixed(1)} ms`;

function measure(
  name: string,
  idle: Measured,
  { p99, growth, peak }: Measured,
  answers: Record<string, number>,
): void {
  rows.push(
    [name, ms(idle.p99), ms(p99), megabytes(growth), megabytes(peak), JSON.stringify(answers)].join(' | '),
  );
  expect.soft(p99, 'ms').toBeLessThanOrEqual(Math.max(5 * idle.p99, FINE_MS));
  // SQLite copies a value once more while it is read, so a peak of some milliseconds may be higher.
  expect.soft(growth, 'bytes').toBeLessThanOrEqual(MOST_GROWTH);
}

test.each(Object.entries(ABUSES))(
  '%s: gets only the answers that are stated, and a client beside it is served',
  { timeout: 120_000 },
  async (name, { answers: stated }) => {
    const server = await target();
    const client = new HonestClient(server, site);
    const idle = IS_MEASURED ? await client.run(3000) : undefined;
    const { measured, answers } = await abuse(name, server, client);
    expect(measured.wrong).toEqual([]);
    expect(measured.requests).toBeGreaterThan(0);
    expect(Object.keys(answers).filter((answer) => !stated.map(String).includes(answer))).toEqual([]);
    expect(server.isRunning).toBe(true);
    await assertPublishes(server);
    if (idle !== undefined) measure(name, idle, measured, answers);
  },
);
