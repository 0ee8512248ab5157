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

beforeAll(async () => {
  store = await openMemoryStore();
  for (let n = 1; n <= 40; n++) {
    const channel = n % 4 === 0 ? 'dev' : 'production';
    // Deploy 10 is a rollback to 7.
    const text = n === 10 ? 'text 7' : `text ${n}`;
    deploys.push(await publish(store, [['a.mjs', text]], { channel, time: NOW - (40 - n) * DAY }));
  }
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
    ['prod', 'no channel of that name; channels: dev, production'],
    ['production~40', 'production has only 29 before deploy 39'],
    ['production@{1999-01-01}', 'production had no deploy at 1999'],
    ['production@{soon}', 'not a time: soon'],
    ['staging@{now}', 'no channel staging; channels: dev, production'],
    ['ffffffffff', 'no manifest hash starts with it'],
    ['?', 'not a number, a channel, latest, @{time} or the digits of a hash'],
    ['', 'not a number'],
  ])('%j is unknown, with a list of what was tried', async (ref, message) => {
    await expect(number(ref)).rejects.toMatchObject({
      code: 'ref-unknown',
      message: expect.stringContaining(message) as unknown,
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
