import { describe, expect, it } from 'vitest';
import { module } from './hot-page.js';
import { inEachBrowser } from './suite.js';

inEachBrowser((suite) => {
  // An import of an excluded file makes the loader give new modules their own names.
  const OUTSIDE = { exclude: ['plain/**'] };
  const outside = { 'plain/outside.mjs': 'export {};' };

  describe('import() of several modules at the same time', () => {
    const files = {
      ...outside,
      'one.mjs': module('one', 1, `import './both.mjs';`),
      'other.mjs': module('other', 1, `import './both.mjs';`),
      'both.mjs': module('both', 1, `import './leaf.mjs';`),
      'leaf.mjs': module('leaf', 1),
    };

    it('creates one instance of a shared dependency', async () => {
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
      const log = await hot.logged('all');
      expect(log.toSorted()).toEqual(['all', 'both 1', 'leaf 1', 'main 1', 'one 1', 'other 1']);
    });

    it('keeps the instance of a shared dependency when one of the modules fails', async () => {
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
      const log = await hot.logged('all');
      expect(log.filter((line) => line === 'both 1')).toHaveLength(1);
    });

    it('updates a shared dependency after one of the modules failed', async () => {
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
      await hot.logged('all');
      await hot.save({ 'both.mjs': module('both', 2) }, 'got 2');
      expect(await hot.survived()).toBe(true);
    });
  });
});
