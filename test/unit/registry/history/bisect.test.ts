import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bisect, type Verdict } from '../../../../registry/history/bisect.js';
import type { Deploy } from '../../../../registry/store/store.js';

/** From a good deploy 0 to a bad deploy. */
const line = (last: number): Deploy[] =>
  Array.from({ length: last + 1 }, (_, n) => ({ number: n, manifest: `manifest ${n}` }) as Deploy);

it('finds the first bad deploy by bisection, with one more try for each end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.nat(), async (count, pick) => {
      const first = (pick % count) + 1;
      let tries = 0;
      const result = await bisect(line(count), (deploy) => {
        tries++;
        return Promise.resolve(deploy.number >= first ? 'bad' : 'good');
      });
      expect(result).toMatchObject({ state: 'found', deploy: { number: first } });
      expect(tries).toBeLessThanOrEqual(Math.ceil(Math.log2(count)) + 2);
    }),
  );
});

it('tries nothing in between if an end is not as given', async () => {
  for (const [verdict, tried] of [
    ['bad', [0]],
    ['good', [0, 9]],
  ] as const) {
    const judged: number[] = [];
    const result = await bisect(line(9), ({ number }) => {
      judged.push(number);
      return Promise.resolve(verdict);
    });
    expect(result).toMatchObject({ state: 'mistaken', verdict, deploy: { number: tried.at(-1) } });
    expect(judged).toEqual(tried);
  }
});

it('finds it around deploys that cannot be judged, or returns the candidates', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
      fc.nat(),
      async (skips, pick) => {
        const first = (pick % skips.length) + 1;
        const judge = (deploy: Deploy): Promise<Verdict> =>
          Promise.resolve(
            skips[deploy.number - 1] === true ? 'skip' : deploy.number >= first ? 'bad' : 'good',
          );
        const result = await bisect(line(skips.length), judge);
        const among = result.state === 'skipped' ? result.among : [result.deploy];
        expect(among.map(({ number }) => number)).toContain(first);
        // All remaining deploys except the last one were skipped.
        for (const { number } of among.slice(0, -1)) expect(skips[number - 1]).toBe(true);
      },
    ),
  );
});
