import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import type { IngestResult } from '../../../../registry/index.js';
import { nextEvent, open, site, temporary, write } from '../site.js';

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
  it('that is moved away and back is followed again, and empties no page meanwhile', async () => {
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

it('another directory in its place is the site from then on', async () => {
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

it('one that is deleted with all it holds, and made again, is the site again', async () => {
  const { directory, state, holds } = await watched();
  const gone = state('gone');
  await rm(directory, { recursive: true });
  await gone;
  const [back, again] = [state('back'), holds('a.js', 'again')];
  await write(directory, { 'a.js': 'again' });
  await Promise.all([back, again]);
});

it('a scan of what is not there is an error, and no deploy of nothing', async () => {
  const directory = await site({ 'a.js': '1' });
  const registry = open({ directory });
  await registry.ready;
  await rm(directory, { recursive: true });
  await expect(registry.scan()).rejects.toMatchObject({ code: 'directory-invalid' });
  await mkdir(directory);
  await write(directory, { 'a.js': '2' });
  expect((await registry.scan())!.manifest.modules.size).toBe(1);
});
