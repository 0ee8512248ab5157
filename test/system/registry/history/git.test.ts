import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blame, moduleLog } from '../../../../registry/history/index.js';
import { compareManifests, STATUS_LETTERS } from '../../../../registry/history/comparison.js';
import { readBlob } from '../../../../registry/history/read-blob.js';
import { makePatch } from '../../../../registry/history/patch.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import type { Deploy, Store } from '../../../../registry/store/store.js';
import type { Manifest } from '../../../../schema/index.js';
import { publish } from '../../../contract/store-fixture.js';

/** Pseudo-random numbers from a seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const COMMITS = 60;

let root: string;
let store: Store;
const commits: string[] = [];
const deploys: Deploy[] = [];
const manifests: Manifest[] = [];

const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'core.quotePath=false', ...args], { cwd: root, encoding: 'utf8' });

/** Random edits of a few files. All lines differ, so the shortest difference is unique. */
function edit(files: Map<string, string[]>, pick: (below: number) => number, step: number): void {
  const names = [...files.keys()];
  const line = (n: number) => `line ${step}.${n}.${pick(1_000_000)}`;
  for (let n = 0; n <= pick(3); n++) {
    const name = names[pick(names.length)];
    const lines = name === undefined ? undefined : files.get(name);
    const choice = pick(10);
    if (lines === undefined || choice === 0) {
      files.set(
        `dir${pick(3)}/module ${step}-${n}.mjs`,
        Array.from({ length: 1 + pick(30) }, (_, i) => line(i + 100)),
      );
    } else if (choice === 1 && names.length > 4) {
      files.delete(name!);
    } else {
      for (let edits = 0; edits <= pick(4); edits++) {
        lines.splice(
          pick(lines.length + 1),
          pick(4),
          ...Array.from({ length: pick(4) }, (_, i) => line(i + 10 * edits)),
        );
      }
      if (lines.length === 0) lines.push(line(999));
    }
  }
}

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'modcast-git-'));
  git('init', '-q');
  git('config', 'user.name', 'ada');
  git('config', 'user.email', 'ada@example.org');
  store = await openMemoryStore();
  const pick = random(7);
  const files = new Map<string, string[]>();
  for (let step = 0; step < COMMITS; step++) {
    edit(files, pick, step);
    for (const name of git('ls-files', '-z').split('\0').filter(Boolean))
      rmSync(path.join(root, name), { force: true });
    const texts: [string, string][] = [...files].map(([name, lines], index) => [
      name,
      // Some end without a line break, some have CRLF.
      lines.join(index % 3 === 0 ? '\r\n' : '\n') + (index % 2 === 0 ? '\n' : ''),
    ]);
    for (const [name, text] of texts) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), text);
    }
    git('add', '-A');
    git('commit', '-q', '--allow-empty', '-m', `step ${step}`);
    const before = await store.head('dev');
    const deploy = await publish(store, texts);
    if (deploy.number === before?.number) continue;
    commits.push(git('rev-parse', 'HEAD').trim());
    deploys.push(deploy);
    manifests.push((await store.manifest(deploy.number))!);
  }
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('against git', () => {
  it('has enough to compare', () => {
    expect(deploys.length).toBeGreaterThan(COMMITS / 2);
  });

  it('reports the same names and statuses between adjacent and distant commits', () => {
    const pairs = deploys.map((_, n) => [Math.max(0, n - 1), n] as const);
    for (const [a, b] of [...pairs, [0, deploys.length - 1] as const, [deploys.length - 1, 3] as const]) {
      const ours = compareManifests(manifests[a]!, manifests[b]!).map(
        ({ status, path: name }) => `${STATUS_LETTERS[status]}\t${name}`,
      );
      const theirs = git('diff', '--no-renames', '--name-status', commits[a]!, commits[b]!);
      expect(ours.toSorted()).toEqual(theirs.split('\n').filter(Boolean).toSorted());
    }
  });

  it('counts the same lines as git', async () => {
    for (let n = 1; n < deploys.length; n++) {
      const changes = compareManifests(manifests[n - 1]!, manifests[n]!);
      const ours = await Promise.all(
        changes.map(async (change) => {
          const { added, deleted } = makePatch(change, ...(await sides(change)));
          return `${added}\t${deleted}\t${change.path}`;
        }),
      );
      const theirs = git('diff', '--no-renames', '--numstat', commits[n - 1]!, commits[n]!);
      expect(ours.toSorted()).toEqual(theirs.split('\n').filter(Boolean).toSorted());
    }
  });

  it('makes patches that patch and git apply', async () => {
    for (const [tool, args] of [
      ['patch', ['-p1', '-s', '--binary', '-E']],
      ['git', ['apply', '--whitespace=nowarn']],
    ] as const) {
      for (const [a, b] of [
        [0, deploys.length - 1],
        [deploys.length - 1, 5],
        ...deploys.slice(1, 12).map((_, n) => [n, n + 1] as const),
      ] as const) {
        const directory = mkdtempSync(path.join(tmpdir(), 'modcast-patch-'));
        try {
          await write(directory, manifests[a]!);
          const patches = await Promise.all(
            compareManifests(manifests[a]!, manifests[b]!).map(async (change) =>
              makePatch(change, ...(await sides(change)))
                .lines.map(({ text }) => `${text}\n`)
                .join(''),
            ),
          );
          execFileSync(tool, args, { cwd: directory, input: patches.join('') });
          for (const [name, module] of manifests[b]!.modules) {
            expect(readFileSync(path.join(directory, name))).toEqual(
              Buffer.from(await readBlob(store, module.hash)),
            );
          }
        } finally {
          rmSync(directory, { recursive: true, force: true });
        }
      }
    }
  });

  it('blames each line on the same commit', async () => {
    const last = deploys.length - 1;
    for (const name of manifests[last]!.modules.keys()) {
      const ours = (await blame(store, deploys[last]!, name)).map(
        ({ deploy }) => commits[deploys.findIndex(({ number }) => number === deploy)],
      );
      const theirs = git('blame', '-l', '--root', '-s', commits[last]!, '--', name)
        .split('\n')
        .filter(Boolean)
        .map((line) => line.slice(0, 40));
      expect(ours).toEqual(theirs);
    }
  });

  it('logs the same commits for every path', async () => {
    const names = new Set(manifests.flatMap(({ modules }) => [...modules.keys()]));
    for (const name of names) {
      const ours: string[] = [];
      for await (const { number } of moduleLog(store, 'dev', name, Infinity, false)) {
        ours.push(commits[deploys.findIndex((deploy) => deploy.number === number)]!);
      }
      const theirs = git('log', '--format=%H', '--', name).split('\n').filter(Boolean);
      expect(ours).toEqual(theirs);
    }
  });
});

describe('a moved module', () => {
  it('is followed by blame as by git', async () => {
    const [name] = manifests.at(-1)!.modules.keys();
    const moved = 'moved/elsewhere.mjs';
    const texts: [string, string][] = [];
    for (const [other, module] of manifests.at(-1)!.modules) {
      const text = new TextDecoder().decode(await readBlob(store, module.hash));
      texts.push([other === name ? moved : other, text]);
    }
    const deploy = await publish(store, texts);
    mkdirSync(path.join(root, 'moved'));
    renameSync(path.join(root, name!), path.join(root, moved));
    git('add', '-A');
    git('commit', '-q', '-m', 'move');
    const ours = (await blame(store, deploy, moved)).map(
      ({ deploy: number, path: at }) => `${commits[deploys.findIndex((d) => d.number === number)]} ${at}`,
    );
    const theirs = git('blame', '--line-porcelain', '--root', 'HEAD', '--', moved);
    const hashes = [...theirs.matchAll(/^([0-9a-f]{40}) \d+ \d+/gm)].map(([, hash]) => hash);
    const files = [...theirs.matchAll(/^filename (.*)$/gm)].map(([, file]) => file);
    expect(ours).toEqual(hashes.map((hash, index) => `${hash} ${files[index]}`));
  });
});

async function sides(change: {
  before: { hash: string } | null;
  after: { hash: string } | null;
}): Promise<[Uint8Array, Uint8Array]> {
  const read = (side: { hash: string } | null) =>
    side === null ? Promise.resolve(new Uint8Array()) : readBlob(store, side.hash);
  return [await read(change.before), await read(change.after)];
}

async function write(directory: string, manifest: Manifest): Promise<void> {
  for (const [name, module] of manifest.modules) {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    writeFileSync(path.join(directory, name), await readBlob(store, module.hash));
  }
}
