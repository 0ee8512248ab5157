import { expect, it } from 'vitest';
import { atRest } from '../../../../loader/offline/at-rest.js';

/** What the page and its workers have requested at each look. The last one stays. @returns looks until they rest */
async function looks(...seen: [page: string, workers: string][]): Promise<number> {
  let look = 0;
  let time = 0;
  const [page, workers] = [0, 1].map((at) => () => seen[Math.min(look, seen.length - 1)]![at]!.split(''));
  await atRest({
    byPage: page!,
    async byWorkers() {
      look++;
      time += 250;
      return workers!();
    },
    isWorker: (url) => url === 'w',
    now: () => time,
  });
  return look;
}

it('a page without workers rests when nothing new has been requested', async () => {
  expect(await looks(['a', ''])).toBe(1);
  expect(await looks(['a', ''], ['ab', ''], ['abc', ''], ['abc', ''])).toBe(3);
});

it('a worker is waited for until it says twice that it has requested the same', async () => {
  expect(await looks(['aw', ''], ['aw', 'x'], ['aw', 'xyz'], ['aw', 'xyz'])).toBe(3);
});

it('a worker that still loads its modules is waited for', async () => {
  expect(await looks(['aw', ''], ['aw', ''], ['aw', ''], ['aw', 'x'], ['aw', 'x'])).toBe(4);
});

it('a page that never rests, and a worker that never answers, are waited for three seconds', async () => {
  const restless = Array.from({ length: 100 }, (_, at): [string, string] => ['a'.repeat(at), '']);
  expect(await looks(...restless)).toBe(12);
  expect(await looks(['aw', ''])).toBe(12);
});
