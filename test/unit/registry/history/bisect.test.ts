import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bisect, type Verdict } from '../../../../registry/history/bisect.js';
import type { Deploy } from '../../../../registry/store/store.js';

const line = (count: number): Deploy[] =>
  Array.from({ length: count }, (_, n) => ({ number: n + 1, manifest: `manifest ${n + 1}` }) as Deploy);

it('finds the first bad deploy in as many tries as halving takes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.nat(), async (count, pick) => {
      const first = (pick % count) + 1;
      let tries = 0;
      const result = await bisect(line(count), (deploy) => {
        tries++;
        return Promise.resolve(deploy.number >= first ? 'bad' : 'good');
      });
      expect(result).toMatchObject({ state: 'found', deploy: { number: first } });
      expect(tries).toBeLessThanOrEqual(Math.ceil(Math.log2(count)));
    }),
  );
});

it('finds it around deploys that cannot be tried, or says between which it is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
      fc.nat(),
      async (skips, pick) => {
        const first = (pick % skips.length) + 1;
        const judge = (deploy: Deploy): Promise<Verdict> =>
          Promise.resolve(skips[deploy.number - 1] ? 'skip' : deploy.number >= first ? 'bad' : 'good');
        const result = await bisect(line(skips.length), judge);
        const among = result.state === 'found' ? [result.deploy] : result.among;
        expect(among.map(({ number }) => number)).toContain(first);
        // All but the last of those that are left had to be skipped.
        for (const { number } of among.slice(0, -1)) expect(skips[number - 1]).toBe(true);
      },
    ),
  );
});
