import path from 'node:path';
import { expect, it } from 'vitest';
import { LOOK_MS } from '../../../../registry/ingest/look-again.js';
import { watchInstalled } from '../../../../registry/packages/installed-watch.js';
import { FakeClock } from '../fake-clock.js';
import { later, site, write } from '../site.js';

async function watched(linked: readonly string[] = []) {
  const directory = await site({ 'public/index.html': '', 'package.json': '{}' });
  const clock = new FakeClock();
  let changes = 0;
  const watch = watchInstalled({
    directory: path.join(directory, 'public'),
    linked: () => linked.map((name) => path.join(directory, name)),
    clock,
    onChange: () => void changes++,
  });
  later(() => watch.close());
  return { directory, changes: () => changes, look: () => clock.advance(LOOK_MS), watch, clock };
}

it('tells of an install when nothing has changed since the last look', async () => {
  const { directory, changes, look } = await watched();
  look();
  await write(directory, { 'node_modules/a/package.json': '{}' });
  look();
  await write(directory, { 'node_modules/.package-lock.json': '{}' });
  look();
  expect(changes()).toBe(0);
  look();
  expect(changes()).toBe(1);
  look();
  look();
  expect(changes()).toBe(1);
});

it('tells of changed files of linked packages', async () => {
  const { directory, changes, look } = await watched(['lib/a.js']);
  await write(directory, { 'lib/a.js': '1' });
  look();
  look();
  expect(changes()).toBe(1);
});

it('looks no more when it is closed', async () => {
  const { clock, watch } = await watched();
  watch.close();
  expect(clock.waiting).toBe(0);
});

it('tells nothing of caches that tools keep in node_modules', async () => {
  const { directory, changes, look } = await watched();
  await write(directory, { 'node_modules/a/package.json': '{}' });
  look();
  look();
  expect(changes()).toBe(1);
  await write(directory, { 'node_modules/.cache/modcast/x.json': '{}', 'node_modules/.vite/deps/x.js': '' });
  look();
  look();
  expect(changes()).toBe(1);
});
