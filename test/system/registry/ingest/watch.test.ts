import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm, symlink, unlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import type { IngestResult, Registry } from '../../../../registry/index.js';
import type { Clock } from '../../../../registry/clock.js';
import { systemClock } from '../../../../registry/clock.js';
import { isComplete, watchDirectory } from '../../../../registry/ingest/watch.js';
import { failFiles } from '../../../unit/registry/failing-files.js';
import {
  Client,
  SITE,
  later,
  open,
  site,
  temporary,
  write,
  type Files,
  type Frame,
} from '../../../unit/registry/site.js';

const hashOf = (text: string) => blake3(Buffer.from(text));

/** Waits for the deploy that brings the directory to a state. */
function reaches(registry: Registry, holds: (result: IngestResult) => boolean): Promise<IngestResult> {
  return new Promise((resolve) => {
    const off = registry.on('deploy', (result) => {
      if (!holds(result)) return;
      off();
      resolve(result);
    });
  });
}

async function watched(files: Files = SITE, options = {}) {
  const directory = await site(files);
  const registry = open({ directory, watch: true, ...options });
  const deploys: IngestResult[] = [];
  registry.on('deploy', (result) => deploys.push(result));
  await registry.ready;
  return { directory, registry, deploys };
}

const has = (name: string, text: string) => (result: Pick<IngestResult, 'manifest'>) =>
  result.manifest.modules.get(name)?.hash === hashOf(text);

describe('a reported file', () => {
  it.each([
    ['is complete', 'export {};', 60, true],
    ['is not complete while it is empty', '', 60, false],
    ['is not complete in the millisecond of its last write', 'export {};', -60, false],
    ['is not complete while it is large: it takes several writes', '//'.repeat(200_000), 60, false],
  ])('%s', async (_, text, age, expected) => {
    const directory = await site({ 'a.mjs': text });
    const file = path.join(directory, 'a.mjs');
    const written = Date.now() / 1000 - age;
    utimesSync(file, written, written);
    expect(isComplete(file)).toBe(expected);
  });

  it('is not complete when it is deleted', async () => {
    expect(isComplete(path.join(await temporary(), 'a.mjs'))).toBe(false);
  });
});

describe.each<[string, object]>([
  ['events', { watch: true }],
  ['polling', { watch: { poll: 20 } }],
])('by %s', (_, options) => {
  it('a write, a new file, a rename over a file and a deletion are deployed', async () => {
    const { directory, registry } = await watched(SITE, options);
    let deployed = reaches(registry, has('main.js', 'export const a = 1;'));
    await write(directory, { 'main.js': 'export const a = 1;' });
    await deployed;

    deployed = reaches(registry, has('new/deep/x.js', 'new'));
    await write(directory, { 'new/deep/x.js': 'new' });
    await deployed;

    deployed = reaches(registry, has('main.js', 'export const b = 22;'));
    await write(directory, { 'main.js.tmp': 'export const b = 22;' });
    await rename(path.join(directory, 'main.js.tmp'), path.join(directory, 'main.js'));
    await deployed;

    deployed = reaches(registry, ({ manifest }) => !manifest.modules.has('lib/leaf.js'));
    await unlink(path.join(directory, 'lib/leaf.js'));
    await deployed;
  });
});

describe.each<[string, object]>([
  ['events', { watch: true }],
  ['polling', { watch: { poll: 20 } }],
])('a rewrite that keeps size and time stamp, by %s,', (_, options) => {
  /** The same size and times as `OLD`, other bytes. */
  const [OLD, NEW] = ['export const a = 1;', 'export const a = 2;'];
  const at = new Date(1_700_000_000_123);
  it.each<[string, (file: string, other: string) => void]>([
    ['cp -p', (file, other) => void execFileSync('cp', ['-p', other, file])],
    ['mv', (file, other) => renameSync(other, file)],
    [
      'touch -r',
      (file) => {
        writeFileSync(file, NEW);
        utimesSync(file, at, at);
      },
    ],
  ])('as by %s, is deployed', async (_how, rewrite) => {
    const directory = await site({ 'a.js': OLD, 'b.svg': OLD });
    const other = path.join(await site({ x: NEW }), 'x');
    for (const file of [path.join(directory, 'a.js'), path.join(directory, 'b.svg'), other]) {
      utimesSync(file, at, at);
    }
    const registry = open({ directory, ...options });
    const { port } = await registry.listen();
    const visitor = new Client(port);
    await visitor.message('pack');
    const deployed = reaches(registry, has('a.js', NEW));
    rewrite(path.join(directory, 'a.js'), other);
    await deployed;
    // An asset too: open pages hear of it.
    const copy = path.join(await site({ x: NEW }), 'x');
    utimesSync(copy, at, at);
    rewrite(path.join(directory, 'b.svg'), copy);
    await visitor.find((frame): frame is Extract<Frame, { type: 'message' }> => {
      return !(frame instanceof Uint8Array) && /"assets".*"b\.svg"/.test(JSON.stringify(frame));
    });
  });
});

describe.each<[string, object]>([
  ['events', { watch: true }],
  ['polling', { watch: { poll: 20 } }],
])('a link inside the site that is pointed elsewhere, by %s,', (_, options) => {
  const point = async (link: string, target: string) => {
    await symlink(target, `${link}.next`);
    await rename(`${link}.next`, link);
  };

  it('shows the new file, and saves of it', async () => {
    const directory = await site({ 'v1.js': '1', 'v2.js': '2' });
    await symlink('v1.js', path.join(directory, 'v.js'));
    const registry = open({ directory, ...options });
    await registry.ready;
    let deployed = reaches(registry, has('v.js', '2'));
    await point(path.join(directory, 'v.js'), 'v2.js');
    await deployed;
    deployed = reaches(registry, has('v.js', '3'));
    await write(directory, { 'v2.js': '3' });
    await deployed;
  });

  it('shows the new directory, and saves in it', async () => {
    const directory = await site({ 'v1/a.js': '1', 'v1/gone.js': '1', 'v2/a.js': '2', 'v2/new.js': '2' });
    await symlink('v1', path.join(directory, 'v'));
    const registry = open({ directory, ...options });
    await registry.ready;
    let deployed = reaches(registry, ({ manifest }) => {
      const { modules } = manifest;
      return has('v/a.js', '2')({ manifest }) && !modules.has('v/gone.js') && modules.has('v/new.js');
    });
    await point(path.join(directory, 'v'), 'v2');
    await deployed;
    for (const text of ['3', '4']) {
      deployed = reaches(registry, has('v/a.js', text));
      await write(directory, { 'v2/a.js': text });
      await deployed;
    }
  });
});

describe.each([
  ['ENOSPC', 'fs.inotify.max_user_watches'],
  ['EMFILE', 'fs.inotify.max_user_instances'],
])('watch-limit: when watches fail with %s', (code, limit) => {
  it.each([0, 1, 7])('after %i of them, one line says so and every save is still found', async (most) => {
    const names = Array.from({ length: 12 }, (_, i) => `d${i}/m.js`);
    const directory = await site(Object.fromEntries(names.map((name) => [name, 'old'])));
    let watches = 0;
    failFiles({ sync: ['watch'] }, (file) =>
      file.startsWith(directory) && watches++ >= most ? code : undefined,
    );
    const registry = open({ directory, watch: true });
    later(() => registry.close());
    const errors: unknown[] = [];
    registry.on('error', (error) => errors.push(error));
    await registry.ready;
    expect(errors).toEqual([
      expect.objectContaining({ code: 'watch-limited', message: expect.stringContaining(limit) }),
    ]);
    let deployed = reaches(registry, ({ manifest }) => names.every((name) => has(name, 'new')({ manifest })));
    await write(directory, Object.fromEntries(names.map((name) => [name, 'new'])));
    await deployed;
    for (const name of ['d3/other.js', 'd5/new/deep/x.js', 'top.js', 'more/y.js']) {
      for (const text of ['1', '2']) {
        deployed = reaches(registry, has(name, text));
        await write(directory, { [name]: text });
        await deployed;
      }
    }
    deployed = reaches(
      registry,
      ({ manifest: { modules } }) => !modules.has('d4/m.js') && !modules.has('d5/new/deep/x.js'),
    );
    await rm(path.join(directory, 'd4/m.js'));
    await rm(path.join(directory, 'd5/new'), { recursive: true });
    await deployed;
    expect(errors).toHaveLength(1);
  });
});

it('a directory that is over the limit later is polled, and reported once', async () => {
  const { directory, registry } = await watched({ 'a.js': '1' });
  failFiles({ sync: ['watch'] }, (file) => (file.startsWith(directory) ? 'ENOSPC' : undefined));
  const told = new Promise((resolve) => registry.on('error', resolve));
  const first = reaches(registry, has('new/b.js', '1'));
  await write(directory, { 'new/b.js': '1' });
  await first;
  const second = reaches(registry, has('new/b.js', '2'));
  await write(directory, { 'new/b.js': '2' });
  await second;
  expect(await told).toMatchObject({ code: 'watch-limited' });
});

it('a directory’s rename moves what is in it', async () => {
  const { directory, registry } = await watched({ 'a/x.js': 'x', 'a/b/y.js': 'y' });
  const deployed = reaches(
    registry,
    ({ manifest }) => [...manifest.modules.keys()].toSorted().join() === 'c/b/y.js,c/x.js',
  );
  await rename(path.join(directory, 'a'), path.join(directory, 'c'));
  await deployed;
});

it('a burst of 300 files is few deploys', async () => {
  const { directory, registry, deploys } = await watched({});
  const deployed = reaches(registry, ({ manifest }) => manifest.modules.size === 300);
  // In one go: how long the writes take is the machine's matter.
  for (let d = 0; d < 7; d++) mkdirSync(path.join(directory, `d${d}`));
  for (let i = 0; i < 300; i++) writeFileSync(path.join(directory, `d${i % 7}/m${i}.js`), `${i};`);
  await deployed;
  // One for the empty directory.
  expect(deploys.length).toBeLessThan(10);
});

it('the last of two saves in quick succession is what is deployed', async () => {
  const { directory, registry } = await watched();
  for (let i = 0; i < 5; i++) {
    const first = reaches(registry, has('main.js', `export const first = ${i};`));
    await write(directory, { 'main.js': `export const first = ${i};` });
    await first;
    const second = reaches(registry, has('main.js', `export const other = ${i};`));
    await write(directory, { 'main.js': `export const other = ${i};` });
    await second;
  }
});

it('an equal save, a dotfile and what is left out make no deploy', async () => {
  const { directory, registry, deploys } = await watched();
  await write(directory, {
    'main.js': SITE['main.js']!,
    '.secret.js': '1',
    'node_modules/x/index.js': '1',
    'notes.txt': '1',
  });
  const deployed = reaches(registry, has('last.js', 'last'));
  await write(directory, { 'last.js': 'last' });
  await deployed;
  expect(deploys.map(({ deploy }) => [deploy.number, deploy.added, deploy.changed])).toEqual([
    [1, 4, 0],
    [2, 1, 0],
  ]);
});

it('a link out of the root is not followed, made before or after the start', async () => {
  const outside = await temporary();
  await write(outside, { 'x.js': 'secret', 'd/y.js': 'secret' });
  const directory = await site(SITE);
  await symlink(path.join(outside, 'd'), path.join(directory, 'before'));
  const registry = open({ directory, watch: true });
  await registry.ready;
  await symlink(path.join(outside, 'x.js'), path.join(directory, 'x.js'));
  await symlink(path.join(outside, 'd'), path.join(directory, 'after'));
  await write(outside, { 'x.js': 'secret 2', 'd/y.js': 'secret 2', 'd/z.js': 'secret 2' });
  const deployed = reaches(registry, has('last.js', 'last'));
  await write(directory, { 'last.js': 'last' });
  const { manifest } = await deployed;
  expect([...manifest.modules.keys()].toSorted()).toEqual([
    'data.json',
    'index.html',
    'last.js',
    'lib/leaf.js',
    'main.js',
  ]);
});

it('follows cycles of links only once', async () => {
  const directory = await site({ 'a/x.js': '1', 'b/y.js': '2' });
  for (const name of ['a/up', 'a/up2', 'b/up', 'b/up2']) await symlink('..', path.join(directory, name));
  await symlink('../b', path.join(directory, 'a/b'));
  await symlink('../a', path.join(directory, 'b/a'));
  const registry = open({ directory, watch: true });
  await registry.ready;
  const deployed = reaches(registry, has('a/x.js', 'changed'));
  await write(directory, { 'a/x.js': 'changed' });
  await deployed;
});

it('a link to itself and a dangling link do no harm', async () => {
  const { directory, registry } = await watched();
  await symlink('round.js', path.join(directory, 'round.js'));
  await symlink('nowhere.js', path.join(directory, 'dangling.js'));
  await unlink(path.join(directory, 'main.js'));
  // The links above may be reported first, or together with this one.
  const told = new Promise<void>((resolve) => {
    registry.on('problems', (problems) => {
      if (problems.some(({ path: name }) => name === 'main.js')) resolve();
    });
  });
  await symlink('main.js', path.join(directory, 'main.js'));
  await told;
  const deployed = reaches(registry, has('last.js', 'last'));
  await write(directory, { 'last.js': 'last' });
  await deployed;
});

it('what is saved while the directory is first read is not lost', async () => {
  const directory = await site(
    Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`m${i}.js`, `export default ${i};`])),
  );
  const registry = open({ directory, watch: true });
  const deployed = reaches(registry, has('m7.js', 'changed'));
  const sizes: number[] = [];
  registry.on('deploy', ({ manifest }) => sizes.push(manifest.modules.size));
  await write(directory, { 'm7.js': 'changed' });
  await deployed;
  expect(new Set(sizes)).toEqual(new Set([500]));
});

describe('watchDirectory', () => {
  it('reports the paths of a burst together, then again, one call at a time', async () => {
    const directory = await site({ 'a.js': '' });
    const calls: string[][] = [];
    let running = 0;
    let wake = () => {};
    const watch = watchDirectory({
      directory,
      descend: () => true,
      poll: null,
      clock: systemClock,
      onDirectory: () => {},
      onError: (error) => expect.unreachable(String(error)),
      onChange: async (paths) => {
        expect(running++).toBe(0);
        calls.push(paths.toSorted());
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        wake();
      },
    });
    later(() => watch.close());
    await watch.ready;
    // Without a break in between: two saves that are far apart are two bursts.
    for (const name of ['b.js', 'c.js']) writeFileSync(path.join(directory, name), '1');
    while (calls.flat().filter((name) => name === 'c.js').length < 2) {
      await new Promise<void>((resolve) => (wake = resolve));
    }
    expect(new Set(calls.flat())).toEqual(new Set(['b.js', 'c.js']));
    expect(calls.at(-1)).toEqual(['b.js', 'c.js']);
  });

  /** Follows a directory by a clock of the test's own, and hands out what is told first. */
  async function firstChange(directory: string, clock: Clock, act: () => void) {
    let tell: (paths: readonly string[]) => void = () => {};
    const first = new Promise<readonly string[]>((resolve) => (tell = resolve));
    const watch = watchDirectory({
      directory,
      descend: () => true,
      poll: null,
      clock,
      onDirectory: () => {},
      onError: (error) => expect.unreachable(String(error)),
      onChange: async (paths) => tell(paths.toSorted()),
    });
    later(() => watch.close());
    await watch.ready;
    act();
    return first;
  }

  it('takes files that the file system reports at once as one change, though no time passes', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `m${i}.js`).toSorted();
    const directory = await site(Object.fromEntries(names.map((name) => [name, 'old'])));
    const hasty: Clock = {
      after(ms, callback) {
        if (ms >= 25) return systemClock.after(ms, callback);
        const immediate = setImmediate(callback);
        return { cancel: () => clearImmediate(immediate) };
      },
    };
    const told = await firstChange(directory, hasty, () => {
      for (const name of names) writeFileSync(path.join(directory, name), 'new');
    });
    expect(told).toEqual(names);
  });

  it('takes a renamed directory and a file saved after it as one change, though no time passes', async () => {
    const directory = await site({ 'main.js': 'old', 'one/a.js': '1', 'one/deep/b.js': '1' });
    const hasty: Clock = {
      after(ms, callback) {
        // Only the longest wait, which no burst of this test needs, passes.
        if (ms >= 1000) return systemClock.after(ms, callback);
        const immediate = setImmediate(callback);
        return { cancel: () => clearImmediate(immediate) };
      },
    };
    const told = await firstChange(directory, hasty, () => {
      renameSync(path.join(directory, 'one'), path.join(directory, 'two'));
      writeFileSync(path.join(directory, 'main.js'), 'new');
    });
    expect(told).toEqual(['main.js', 'one/a.js', 'one/deep/b.js', 'two/a.js', 'two/deep/b.js']);
  });

  it('continues after a change whose callback failed, and reports the error', async () => {
    const directory = await site({ 'a.js': '' });
    const errors: unknown[] = [];
    let taken: (paths: readonly string[]) => void = () => {};
    const watch = watchDirectory({
      directory,
      descend: () => true,
      poll: null,
      clock: systemClock,
      onDirectory: () => {},
      onError: (error) => errors.push(error),
      onChange: (paths) => {
        if (errors.length === 0) return Promise.reject(new Error('full'));
        taken(paths);
        return Promise.resolve();
      },
    });
    later(() => watch.close());
    await watch.ready;
    const next = new Promise<readonly string[]>((resolve) => (taken = resolve));
    await write(directory, { 'b.js': '1' });
    expect(await next).toEqual(['b.js']);
    expect(errors).toEqual([new Error('full')]);
  });

  it('reports nothing once it is closed', async () => {
    const directory = await site({ 'a.js': '' });
    const watch = watchDirectory({
      directory,
      descend: () => true,
      poll: null,
      clock: systemClock,
      onDirectory: () => {},
      onError: () => expect.unreachable(),
      onChange: () => expect.unreachable(),
    });
    await watch.ready;
    await write(directory, { 'b.js': '1' });
    await watch.close();
    await rm(path.join(directory, 'b.js'));
    await mkdir(path.join(directory, 'd'));
  });
});
