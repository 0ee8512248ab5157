import { describe, expect, it } from 'vitest';
import { module } from './hot-page.js';
import { inEachBrowser } from './suite.js';

inEachBrowser((suite) => {
  // What imports something that the registry does not hold gives fresh modules names of their own.
  const OUTSIDE = { exclude: ['plain/**'] };
  const outside = { 'plain/outside.mjs': 'export {};' };

  describe('import() of several modules in the same moment', () => {
    const files = {
      ...outside,
      'one.mjs': module('one', 1, `import './both.mjs';`),
      'other.mjs': module('other', 1, `import './both.mjs';`),
      'both.mjs': module('both', 1, `import './leaf.mjs';`),
      'leaf.mjs': module('leaf', 1),
    };

    it('makes one instance of what they both import', async () => {
      const hot = await suite.open(
        {
          ...files,
          'main.mjs': module(
            'main',
            1,
            `import './plain/outside.mjs';`,
            `await Promise.all([import('./one.mjs'), import('./other.mjs'), import('./other.mjs')]);`,
            `log.push('all');`,
          ),
        },
        OUTSIDE,
      );
      const log = await hot.said('all');
      expect(log.toSorted()).toEqual(['all', 'both 1', 'leaf 1', 'main 1', 'one 1', 'other 1']);
    });

    it('leaves running what another one holds when one fails', async () => {
      const hot = await suite.open(
        {
          ...files,
          'one.mjs': module('one', 1, `import './both.mjs';`, `throw new Error('one fails');`),
          'main.mjs': module(
            'main',
            1,
            `import './plain/outside.mjs';`,
            `await Promise.allSettled([import('./one.mjs'), import('./other.mjs')]);`,
            `await import('./both.mjs');`,
            `log.push('all');`,
          ),
        },
        OUTSIDE,
      );
      const log = await hot.said('all');
      expect(log.filter((line) => line === 'both 1')).toHaveLength(1);
    });

    it('takes in a change of what was held when another one failed', async () => {
      const hot = await suite.open(
        {
          ...files,
          'one.mjs': module('one', 1, `import './both.mjs';`, `throw new Error('one fails');`),
          'main.mjs': module(
            'main',
            1,
            `import './plain/outside.mjs';`,
            `await Promise.allSettled([import('./one.mjs'), import('./both.mjs')]);`,
            `import.meta.hot.accept('./both.mjs', ({ version }) => log.push('got ' + version));`,
            `log.push('all');`,
          ),
        },
        OUTSIDE,
      );
      await hot.said('all');
      await hot.save({ 'both.mjs': module('both', 2) }, 'got 2');
      expect(await hot.survived()).toBe(true);
    });
  });
});
