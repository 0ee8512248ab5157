import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import type { IngestResult } from '../../../../registry/index.js';
import { systemClock, type Clock } from '../../../../registry/clock.js';
import { CHECK_MS, watchRoot } from '../../../../registry/ingest/watch-root.js';
import {
  Client,
  later,
  nextEvent,
  open,
  site,
  temporary,
  write,
  type Frame,
} from '../../../unit/registry/site.js';

const hashOf = (text: string) => blake3(Buffer.from(text));

async function watched(options = {}) {
  const parent = await temporary();
  const directory = path.join(parent, 'site');
  await write(directory, { 'a.js': '1', 'b.js': '1' });
  const registry = open({ directory, watch: true, ...options });
  const deploys: IngestResult[] = [];
  registry.on('deploy', (result) => deploys.push(result));
  registry.on('error', (error) => expect.unreachable(String(error)));
  await registry.ready;
  const state = (wanted: 'gone' | 'back') =>
    nextEvent<void>((told) => registry.on('directory', (now) => now === wanted && told()));
  const holds = (name: string, text: string) =>
    nextEvent<void>((told) =>
      registry.on('deploy', ({ manifest }) => {
        if (manifest.modules.get(name)?.hash === hashOf(text)) told();
      }),
    );
  return { parent, directory, registry, deploys, state, holds };
}

describe.each([
  ['events', {}],
  ['polling', { watch: { poll: 20 } }],
])('a watched directory, by %s,', (_, options) => {
  it('that is moved away and back is watched again, and no page becomes empty', async () => {
    const { parent, directory, deploys, state, holds } = await watched(options);
    const gone = state('gone');
    await rename(directory, path.join(parent, 'elsewhere'));
    await gone;
    await write(path.join(parent, 'elsewhere'), { 'a.js': 'meanwhile' });
    const back = state('back');
    const meanwhile = holds('a.js', 'meanwhile');
    await rename(path.join(parent, 'elsewhere'), directory);
    await Promise.all([back, meanwhile]);
    const after = holds('b.js', 'after');
    await write(directory, { 'b.js': 'after' });
    await after;
    expect(deploys.map(({ manifest }) => manifest.modules.size)).toEqual(deploys.map(() => 2));
  });
});

it('another directory in its place becomes the site', async () => {
  const { parent, directory, state, holds } = await watched();
  await write(path.join(parent, 'other'), { 'a.js': 'other' });
  const [gone, other] = [state('gone'), holds('a.js', 'other')];
  await rename(directory, path.join(parent, 'old'));
  await rename(path.join(parent, 'other'), directory);
  await Promise.all([gone, other]);
  const after = holds('a.js', 'after');
  await write(directory, { 'a.js': 'after' });
  await after;
});

it('a directory that is deleted with its content and created again is the site again', async () => {
  const { directory, state, holds } = await watched();
  const gone = state('gone');
  await rm(directory, { recursive: true });
  await gone;
  const [back, again] = [state('back'), holds('a.js', 'again')];
  await write(directory, { 'a.js': 'again' });
  await Promise.all([back, again]);
});

describe.each([
  ['events', {}],
  ['polling', { watch: { poll: 20 } }],
])('site-is-a-link-that-moves: a root that is a link, by %s,', (_, options) => {
  it.each([
    ['current', 'the link itself'],
    ['current/public', 'a directory below the link'],
  ])('%s is followed to another release', async (served) => {
    const parent = await temporary();
    const below = served.slice('current'.length);
    const page = (n: number) => `<!doctype html><title>${n}</title><script type=module src=a.js></script>`;
    for (const n of [1, 2, 3]) {
      const more = { [`only${n}.js`]: '1', 'logo.svg': `<svg id="${n}"/>`, 'index.html': page(n) };
      await write(path.join(parent, `r${n}${below}`), { 'a.js': `${n}`, ...more });
    }
    const point = async (target: string) => {
      await symlink(target, path.join(parent, 'next'));
      await rename(path.join(parent, 'next'), path.join(parent, 'current'));
    };
    await point('r1');
    const directory = path.join(parent, served);
    const registry = open({ directory, watch: true, ...options });
    registry.on('error', (error) => expect.unreachable(String(error)));
    const deploys: IngestResult[] = [];
    registry.on('deploy', (result) => deploys.push(result));
    const { url, port } = await registry.listen();
    const visitor = new Client(port);
    await visitor.message('pack');
    for (const n of [2, 3, 1]) {
      const moved = nextEvent<void>((told) =>
        registry.on(
          'deploy',
          ({ manifest }) => manifest.modules.get('a.js')?.hash === hashOf(`${n}`) && told(),
        ),
      );
      await point(`r${n}`);
      await moved;
      expect(await (await fetch(`${url}a.js`)).text()).toBe(`${n}`);
      expect(await (await fetch(url)).text()).toContain(`<title>${n}</title>`);
      expect(await (await fetch(`${url}logo.svg`)).text()).toContain(`id="${n}"`);
      // A release is taken whole: no deploy mixes two.
      const names = [...deploys.at(-1)!.manifest.modules.keys()].toSorted();
      expect(names).toEqual(['a.js', 'index.html', `only${n}.js`]);
      // Open pages get it.
      const { number } = deploys.at(-1)!.deploy;
      await visitor.find((frame): frame is Extract<Frame, { type: 'update' }> => {
        return !(frame instanceof Uint8Array) && frame.type === 'update' && frame.deploy === number;
      });
    }
    // The watcher follows the release that the link leads to, and no other.
    const saved = nextEvent<void>((told) =>
      registry.on(
        'deploy',
        ({ manifest }) => manifest.modules.get('a.js')?.hash === hashOf('saved') && told(),
      ),
    );
    await write(path.join(parent, `r2${below}`), { 'a.js': 'elsewhere' });
    await write(path.join(parent, `r1${below}`), { 'a.js': 'saved' });
    await saved;
    expect(deploys.some(({ manifest }) => manifest.modules.get('a.js')?.hash === hashOf('elsewhere'))).toBe(
      false,
    );
  });
});

describe('watchRoot', () => {
  /** Follows a directory with a clock whose checks of the root run when the test says so. */
  async function follow(directory: string) {
    const seen: string[] = [];
    const waiting: (() => void)[] = [];
    let wake = () => {};
    const see = (what: string) => {
      seen.push(what);
      wake();
    };
    const clock: Clock = {
      after(ms, callback) {
        if (ms !== CHECK_MS) return systemClock.after(ms, callback);
        waiting.push(callback);
        wake();
        return { cancel() {} };
      },
    };
    const until = async (holds: () => boolean) => {
      while (!holds()) await new Promise<void>((resolve) => (wake = resolve));
    };
    const watch = watchRoot({
      directory,
      descend: () => true,
      poll: null,
      clock,
      onChange: async (paths) => paths.forEach((name) => see(name)),
      onDirectory: () => {},
      onGone: () => see('gone'),
      onBack: async () => see('back'),
      onError: (error) => expect.unreachable(String(error)),
    });
    later(() => watch.close());
    await watch.ready;
    return {
      seen,
      saw: (what: string) => until(() => seen.includes(what)),
      /** Returns when the check has begun; it has ended when the next one waits. */
      check: () => waiting.shift()!(),
      checked: () => until(() => waiting.length > 0),
    };
  }

  it('finds a directory that is created again, though the check comes before any event', async () => {
    const directory = await site({ 'a.js': '1' });
    const { seen, saw, check, checked } = await follow(directory);
    // Nothing is awaited in between: the watcher itself has not noticed anything yet.
    rmSync(directory, { recursive: true });
    check();
    await checked();
    expect(seen).toEqual(['gone']);
    // Many file systems give it the inode number of the deleted one.
    mkdirSync(directory);
    check();
    await saw('back');
    writeFileSync(path.join(directory, 'a.js'), '2');
    await saw('a.js');
    expect(seen.slice(0, 2)).toEqual(['gone', 'back']);
  });

  it('finds a directory that was deleted and created again between two checks', async () => {
    const directory = await site({ 'a.js': '1' });
    const { seen, saw, check, checked } = await follow(directory);
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    check();
    await checked();
    await saw('back');
    expect(seen).toEqual(['gone', 'back']);
    writeFileSync(path.join(directory, 'a.js'), '2');
    await saw('a.js');
  });

  it('finds a directory again that goes while its watcher starts', async () => {
    const directory = await site({ 'a.js': '1' });
    const { saw, seen, check, checked } = await follow(directory);
    for (let i = 0; i < 3; i++) {
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
      check();
      rmSync(directory, { recursive: true });
      await checked();
      check();
      await checked();
      mkdirSync(directory);
    }
    expect(seen).not.toContain('a.js');
    seen.length = 0;
    check();
    await checked();
    await saw('back');
    writeFileSync(path.join(directory, 'a.js'), '2');
    await saw('a.js');
  });
});

it('a scan of a missing directory is an error and deploys nothing', async () => {
  const directory = await site({ 'a.js': '1' });
  const registry = open({ directory });
  await registry.ready;
  await rm(directory, { recursive: true });
  await expect(registry.scan()).rejects.toMatchObject({ code: 'directory-invalid' });
  await mkdir(directory);
  await write(directory, { 'a.js': '2' });
  expect((await registry.scan())!.manifest.modules.size).toBe(1);
});
