import { beforeAll, describe, expect, it } from 'vitest';
import { resolveBlob, resolveDeploy, splitRef } from '../../../../registry/history/refs.js';
import { parseTime } from '../../../../registry/history/when.js';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import type { Deploy, Store } from '../../../../registry/store/store.js';
import { blobOf, publish } from '../../../contract/store-fixture.js';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 23, 12);

let store: Store;
const deploys: Deploy[] = [];

/** The commits of some deploys: 30 and 31 have the same, 32 that of 33 on another channel. */
const COMMITS: { readonly [number: number]: string } = {
  20: 'cafe1'.padEnd(40, '0'),
  21: 'cafe2'.padEnd(40, '0'),
  30: 'feed'.padEnd(40, '1'),
  31: 'feed'.padEnd(40, '1'),
  33: 'dad0'.padEnd(40, '2'),
  36: 'dad0'.padEnd(40, '2'),
};
const TAGS = [
  ['v1.0', 12],
  ['release/größe', 13],
  ['V2', 14],
] as const;

beforeAll(async () => {
  store = await openMemoryStore();
  for (let n = 1; n <= 40; n++) {
    const channel = n % 4 === 0 ? 'dev' : 'production';
    // Deploy 10 is a rollback to 7.
    const text = n === 10 ? 'text 7' : `text ${n}`;
    const commit = COMMITS[n] ?? null;
    deploys.push(await publish(store, [['a.mjs', text]], { channel, commit, time: NOW - (40 - n) * DAY }));
  }
  for (const [name, deploy] of TAGS)
    await store.putTag({ name, deploy, time: NOW, author: 'ada', message: '' });
});

const number = async (ref: string) => (await resolveDeploy(store, ref, NOW)).number;

describe('a ref', () => {
  it.each([
    ['12', 12],
    ['latest', 40],
    ['dev', 40],
    ['production', 39],
    ['production~1', 38],
    ['production~', 38],
    ['production~3', 35],
    ['production~1~2', 35],
    ['latest~2', 32],
    ['12~2', 4],
    ['@{now}', 40],
    ['@{2 days ago}', 38],
    ['dev@{2 days ago}', 36],
    ['production@{yesterday}~1', 38],
    ['latest^', 36],
    ['production^', 38],
    ['production^^~2', 34],
    ['production^1^0', 38],
    ['v1.0', 12],
    ['v1.0~1', 8],
    ['v1.0^', 8],
    ['release/größe', 13],
    ['release/größe'.normalize('NFD'), 13],
    ['V2', 14],
    ['cafe1'.padEnd(40, '0'), 20],
    ['cafe1', 20],
    ['CAFE2', 21],
    ['cafe2^', 19],
    ['feed', 31],
    // The watched directory has made the newer one.
    ['dad0222', 33],
  ])('%s is deploy %i', async (ref, expected) => {
    expect(await number(ref)).toBe(expected);
  });

  it('may be the first digits of a manifest’s hash, for the newest deploy with that manifest', async () => {
    expect(deploys[9]!.manifest).toBe(deploys[6]!.manifest);
    expect(await number(deploys[6]!.manifest)).toBe(10);
    expect(await number(deploys[11]!.manifest.slice(0, 16))).toBe(12);
  });

  it('that is ambiguous is rejected with its candidates', async () => {
    const both = {
      ...store,
      resolveHash: () => Promise.resolve({ blobs: ['a'.repeat(64), 'ab'.repeat(32)], deploys: [12, 3] }),
    };
    const asked = Object.assign(Object.create(store) as Store, both);
    await expect(resolveDeploy(asked, 'abcd', NOW)).rejects.toMatchObject({
      code: 'ref-ambiguous',
      message: expect.stringMatching(/\(deploy 3\) or [0-9a-f]+ \(deploy 12\)$/) as unknown,
    });
    await expect(resolveBlob(asked, 'abab')).rejects.toMatchObject({
      code: 'ref-ambiguous',
      message: 'ambiguous ref "abab": aaaaaaaaaaaa or abababababab',
    });
  });

  it.each([
    ['41', 'no deploy 41, the newest is 40'],
    ['prod', 'no channel or tag of that name; channels: dev, production'],
    ['prodution', 'did you mean production?'],
    ['v1.1', 'did you mean v1.0?'],
    ['release/grösse', 'did you mean release/größe?'],
    ['v1.0^2', 'a deploy has one parent, so there is no ^2; for 2 deploys before it, use v1.0~2'],
    ['latest~1^13', 'there is no ^13'],
    ['production~40', 'production has only 29 before deploy 39'],
    ['production@{1999-01-01}', 'production had no deploy at 1999'],
    ['production@{soon}', 'not a time: soon'],
    ['staging@{now}', 'no channel staging; channels: dev, production'],
    ['ffffffffff', 'no manifest hash or git commit starts with it'],
    ['?', 'not a number, a channel, a tag, latest, @{time} or the digits of a hash'],
    ['', 'not a number'],
  ])('%j is unknown, with a list of what was tried', async (ref, message) => {
    await expect(number(ref)).rejects.toMatchObject({
      code: 'ref-unknown',
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('of digits that two commits start with is ambiguous', async () => {
    await expect(number('cafe')).rejects.toMatchObject({
      code: 'ref-ambiguous',
      message: 'ambiguous ref "cafe": commit cafe20000000 (deploy 21) or commit cafe10000000 (deploy 20)',
    });
  });

  it('of digits of a commit and of another manifest’s hash is ambiguous', async () => {
    const { manifest } = deploys[4]!;
    const both = { resolveHash: () => Promise.resolve({ blobs: [], deploys: [5] }) };
    const asked = Object.assign(Object.create(store) as Store, both);
    await expect(resolveDeploy(asked, 'feed', NOW)).rejects.toMatchObject({
      code: 'ref-ambiguous',
      message: `ambiguous ref "feed": ${manifest.slice(0, 12)} (deploy 5) or commit feed11111111 (deploy 31)`,
    });
  });

  it('of a blob is the first digits of its hash', async () => {
    const { hash } = blobOf('text 12');
    expect(await resolveBlob(store, hash.slice(0, 12))).toBe(hash);
    await expect(resolveBlob(store, 'abc')).rejects.toMatchObject({ code: 'ref-unknown' });
  });

  it('ends at the first colon that is not in braces', () => {
    expect(splitRef('12')).toEqual({ ref: '12', path: undefined });
    expect(splitRef('12:')).toEqual({ ref: '12', path: '' });
    expect(splitRef('@{2026-11-01T10:30}~1:a:b.mjs')).toEqual({
      ref: '@{2026-11-01T10:30}~1',
      path: 'a:b.mjs',
    });
  });
});

describe('a time', () => {
  it.each([
    ['2026-11-01', new Date(2026, 10, 1).getTime()],
    ['2026-11-01 18:30', new Date(2026, 10, 1, 18, 30).getTime()],
    ['2026-11-01T18:30:15Z', Date.UTC(2026, 10, 1, 18, 30, 15)],
    ['2026-11-01T18:30+02:00', Date.UTC(2026, 10, 1, 16, 30)],
    ['3 days ago', NOW - 3 * DAY],
    ['2 months ago', new Date(NOW).setMonth(new Date(NOW).getMonth() - 2)],
    ['1 year ago', new Date(NOW).setFullYear(new Date(NOW).getFullYear() - 1)],
    ['1 hour ago', NOW - 3_600_000],
    ['yesterday', NOW - DAY],
    ['2.weeks.ago', NOW - 14 * DAY],
    ['3.days', NOW - 3 * DAY],
    ['3 days', NOW - 3 * DAY],
    ['3-days', undefined],
    ['2026-13-01', undefined],
    ['tomorrow', undefined],
  ])('%s', (text, expected) => {
    expect(parseTime(text, NOW)).toBe(expected);
  });
});
