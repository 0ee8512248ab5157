import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../registry/index.js';
import { publish } from '../../contract/store-fixture.js';
import { modcast } from './program.js';

const NOW = Date.UTC(2026, 10, 23, 12);
const DAY = 86_400_000;

let site: string;

/** production: 1, 2, 3; dev: 4. */
beforeEach(async () => {
  site = mkdtempSync(path.join(tmpdir(), 'modcast-tag-'));
  const store = await openSqliteStore(path.join(site, 'r.db'));
  for (const n of [1, 2, 3]) {
    await publish(store, [['main.mjs', `${n}\n`]], {
      channel: 'production',
      time: NOW - (200 - n) * DAY,
      message: `Message ${n}`,
    });
  }
  await publish(store, [['other.mjs', 'o']], { channel: 'dev', time: NOW });
  await store.close();
});
afterEach(() => rmSync(site, { recursive: true }));

const run = (...args: string[]) => modcast(site, [...args, '--db', 'r.db']);
const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).out) as never;
const namesOf = async (...args: string[]) =>
  ((await json('tag', '-l', ...args)) as { name: string }[]).map(({ name }) => name);

describe('modcast tag', () => {
  it('names the newest deploy of production, or that of a ref', async () => {
    expect(await run('tag', 'v1')).toMatchObject({ code: 0, out: 'v1 is deploy 3 on production\n' });
    expect(await run('tag', 'v0', 'v1~2', '-m', 'Before', '--author', 'ada')).toMatchObject({ code: 0 });
    expect((await run('tag')).out.split('\n')[1]).toMatch(/^v0 +1 +production +.* +ada +Before$/);
    expect(await json('tag')).toMatchObject([
      {
        name: 'v0',
        author: 'ada',
        message: 'Before',
        time: '2026-11-23T12:00:00.000Z',
        deploy: { number: 1 },
      },
      { name: 'v1', message: '', deploy: { number: 3, tags: ['v1'] } },
    ]);
  });

  it('moves a tag only with --force', async () => {
    await run('tag', 'v1', '1');
    expect(await run('tag', 'v1', '2')).toMatchObject({
      code: 1,
      err: 'modcast: tag v1 already exists, on deploy 1; move it with --force (tag-exists)\n',
    });
    expect((await run('tag', '--force', 'v1', '2')).out).toBe(
      'v1 is deploy 2 on production (was deploy 1)\n',
    );
    expect((await run('tag', '-f', 'v1', '2')).out).toBe('v1 is deploy 2 on production\n');
    expect(await json('tag', '-f', 'v1', '3')).toMatchObject({
      name: 'v1',
      replaced: 2,
      deploy: { number: 3 },
    });
  });

  it('deletes tags, all or none', async () => {
    for (const name of ['v1', 'v2', 'v3']) await run('tag', name);
    expect(await run('tag', '-d', 'v1', 'w3')).toMatchObject({
      code: 1,
      err: 'modcast: no tag "w3"; did you mean v3? (tag-unknown)\n',
    });
    expect(await namesOf()).toEqual(['v1', 'v2', 'v3']);
    expect((await run('tag', '-d', 'v1', 'v3')).out).toBe(
      'Deleted v1 (was deploy 3)\nDeleted v3 (was deploy 3)\n',
    );
    expect(await json('tag', '-d', 'v2')).toEqual([{ name: 'v2', deploy: 3 }]);
    expect((await run('tag')).out).toContain('No tags yet');
  });

  it('lists the tags that match a pattern', async () => {
    for (const name of ['v1.0', 'v1.1', 'v10', 'release/a.b']) await run('tag', name);
    expect(await namesOf('v1.*')).toEqual(['v1.0', 'v1.1']);
    expect(await namesOf('v1?0', 'r*b')).toEqual(['release/a.b', 'v1.0']);
    expect(await namesOf('v1')).toEqual([]);
    expect((await run('tag', '-l', 'x*')).out).toBe('No tag matches.\n');
  });

  it.each([
    [['12'], 'tag-invalid'],
    [['production'], 'tag-invalid'],
    [['v1', 'nowhere'], 'ref-unknown'],
    [['v1', '1', '2'], 'option-invalid'],
    [['-d'], 'option-invalid'],
    [['-d', '-l', 'v1'], 'option-invalid'],
    [['-m', 'text'], 'option-invalid'],
    [['-d', 'v1', '-f'], 'option-invalid'],
  ])('refuses %j', async (args, code) => {
    const { err, code: exit } = await run('tag', ...args, '--json');
    expect(JSON.parse(err)).toMatchObject({ error: { code } });
    expect(exit).toBe(code === 'option-invalid' ? 2 : 1);
    expect(await namesOf()).toEqual([]);
  });

  it('says that a new channel cannot have the name of a tag', async () => {
    await run('tag', 'v1');
    expect(await run('promote', '1', '--to', 'v1')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no channel can be called v1: that is a tag of deploy 3') as unknown,
    });
  });

  it('is a ref for every command', async () => {
    await run('tag', 'v1', '1');
    await run('tag', 'v2', '2');
    expect((await run('diff', 'v1', 'v2')).out).toContain('-1\n+2\n');
    expect((await run('show', 'v1:main.mjs')).out).toBe('1\n');
    expect((await run('ls', 'v1', '--name-only')).out).toBe('main.mjs\n');
    expect((await run('grep', '1', 'v1')).out).toContain('main.mjs');
    expect((await run('log', '--from', 'v2', '--oneline')).out).toBe(
      '2 (tag: v2) Message 2\n1 (tag: v1) Message 1\n',
    );
    expect((await run('blame', 'main.mjs', 'v1', '--json')).out).toContain('"tags"');
    expect((await run('log', 'v1')).err).toContain('modcast log --from v1');
    expect((await run('rollback', 'v1')).out).toContain('same content as deploy 1');
  });

  it('decorates deploys as git does commits', async () => {
    await run('tag', 'v1', '2', '-m', 'Stable\nat last');
    await run('tag', 'beta', '2');
    const both = '(tag: beta, tag: v1)';
    expect((await run('log')).out).toContain(`deploy 2 ${both} · production`);
    expect((await run('log', 'main.mjs')).out).toContain(`${both} Me`);
    expect((await run('deploys')).out).toContain(`${both} Me`);
    expect((await run('show', 'v1')).out).toMatch(
      /^deploy 2 \(tag: beta, tag: v1\)\n(?:.*\n)*tag {7}beta\ntag {7}v1: Stable\n/,
    );
    for (const command of ['deploys', 'log']) {
      const lines = (await run(command, '--json')).out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as never);
      const tags = lines.map(
        (line: { tags?: string[]; deploy?: { tags: string[] } }) => line.tags ?? line.deploy?.tags,
      );
      expect(tags).toContainEqual(['beta', 'v1']);
      expect(tags).toContainEqual([]);
    }
    expect(await json('show', 'v1')).toMatchObject({ deploy: { tags: ['beta', 'v1'] } });
  });

  it('keeps a deploy from gc, and its history stays readable', async () => {
    await run('tag', 'v1', '1');
    expect((await run('gc', '--keep', '1', '--older-than', '0')).out).toContain('Dropped 1 deploy');
    expect((await run('diff', 'v1', 'production')).out).toContain('-1\n+3\n');
    // Nobody knows what the dropped deploy did, but nothing was deleted.
    const versions = (await run('log', 'main.mjs', '--json')).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { number: number; change: { status: string } });
    expect(versions.map(({ number, change }) => [number, change.status])).toEqual([
      [3, 'modified'],
      [1, 'added'],
    ]);
    expect((await run('blame', 'main.mjs')).code).toBe(0);
    expect((await run('verify')).code).toBe(0);
    await run('tag', '-d', 'v1');
    expect((await run('gc', '--keep', '1', '--older-than', '0')).out).toContain('Dropped 1 deploy');
  });
});
