import { beforeEach, expect, it } from 'vitest';
import { UrlLifetime } from '../../../../../loader/hot/modules/url-lifetime.js';

let revoked: string[];
let urls: UrlLifetime;
beforeEach(() => {
  revoked = [];
  urls = new UrlLifetime((target) => revoked.push(target));
});

const targets = (count: number): string[] => Array.from({ length: count }, (_, index) => `blob:${index}`);

it('knows unusable natural URLs for good', () => {
  expect(urls.isUnusable('a')).toBe(false);
  urls.markUnusable('a');
  urls.evict();
  expect(urls.isUnusable('a')).toBe(true);
});

it('knows the natural URL of a target until that is revoked', () => {
  urls.add('blob:1', 'a');
  urls.add('blob:2', 'b');
  urls.supersede(['blob:1']);
  expect(urls.naturalUrlOf('blob:1')).toBe('a');
  urls.evict();
  expect(urls.naturalUrlOf('blob:1')).toBeUndefined();
  expect(urls.naturalUrlOf('blob:2')).toBe('b');
});

it('revokes what is superseded, once, the oldest first', () => {
  urls.supersede(['blob:1']);
  urls.supersede(['blob:2', 'blob:3']);
  expect(revoked).toEqual([]);
  urls.evict();
  urls.evict();
  expect(revoked).toEqual(['blob:1', 'blob:2', 'blob:3']);
});

it('keeps the last URLs while an import is pending', async () => {
  let settle!: (module: string) => void;
  const importing = urls.whilePending(new Promise<string>((resolve) => (settle = resolve)));
  urls.supersede(targets(66));
  urls.evict();
  expect(revoked).toEqual(['blob:0', 'blob:1']);
  settle('module');
  expect(await importing).toBe('module');
  urls.evict();
  expect(revoked).toHaveLength(66);
});

it('keeps no URL for an import that failed', async () => {
  await expect(urls.whilePending(Promise.reject(new Error('no')))).rejects.toThrow('no');
  urls.supersede(targets(3));
  urls.evict();
  expect(revoked).toHaveLength(3);
});
