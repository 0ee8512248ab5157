import { afterEach, describe, expect, it, vi } from 'vitest';
import { Quiet } from '../../../registry/fuse/quiet.js';
import { inEachBrowser } from './suite.js';

/** A module that logs its version, and whether it runs in a run. */
const placed = (name: string, version: number, ...imports: string[]): string =>
  [
    ...imports.map((path) => `import ${JSON.stringify(path)};`),
    `log.push('${name} ${version} ' + (new Error().stack.includes('/-/runs/') ? 'in a run' : 'single'));`,
    `import.meta.hot?.accept();`,
  ].join('\n');

const SITE = {
  'main.mjs': placed('main', 1, './a.mjs', './b.mjs') + `\nawait import('./page.mjs'); log.push('ready');`,
  'a.mjs': placed('a', 1),
  'b.mjs': placed('b', 1),
  'page.mjs': placed('page', 1, './part.mjs'),
  'part.mjs': placed('part', 1, './a.mjs'),
};

// The entry has a top-level await, and so stays single.
const WHOLE = [
  'a 1 in a run',
  'b 1 in a run',
  'main 1 single',
  'part 1 in a run',
  'page 1 in a run',
  'ready',
];

// Stacks in WebKit do not tell whether a module is in a run.
const WITHOUT_STACK = ['WebKit'] as const;

inEachBrowser((suite) => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  describe('a page of a watched directory', () => {
    it('boots from runs, and gets what is saved as single modules', async () => {
      const hot = await suite.open(SITE, { fuse: true });
      await hot.server.registry.fused();
      await hot.load();
      expect(await hot.logged('ready')).toEqual(WHOLE);
      await hot.save({ 'part.mjs': placed('part', 2, './a.mjs') }, 'part 2 single');
      expect(await hot.log()).toEqual([...WHOLE, 'part 2 single']);
      expect(await hot.survived()).toBe(true);
    });

    it('that loads just after a save runs what was saved singly, and the rest from runs', async () => {
      const hot = await suite.open(SITE, { fuse: true });
      await hot.server.registry.fused();
      await hot.load();
      await hot.logged('ready');
      // From now on nothing is joined in the background.
      let goOn!: () => void;
      const held = new Promise<void>((resolve) => (goOn = resolve));
      vi.spyOn(Quiet.prototype, 'wait').mockReturnValue(held);
      await hot.save({ 'part.mjs': placed('part', 2, './a.mjs') }, 'part 2 single');
      await hot.load();
      expect(await hot.logged('ready')).toEqual([
        'a 1 in a run',
        'b 1 in a run',
        'main 1 single',
        'part 2 single',
        'page 1 single',
        'ready',
      ]);
      goOn();
      await hot.server.registry.fused();
      await hot.load();
      expect(await hot.logged('ready')).toEqual(WHOLE.map((line) => line.replace('part 1', 'part 2')));
    });
  });
}, WITHOUT_STACK);

inEachBrowser((suite) => {
  it('has one instance of a member of a run, also for what is saved', async () => {
    const hot = await suite.open(
      {
        'main.mjs': `import './state.mjs'; import './view.mjs';`,
        'state.mjs': `export const state = { count: 0 }; log.push('state');`,
        'view.mjs': `import { state } from './state.mjs'; log.push('view ' + ++state.count); import.meta.hot.accept();`,
      },
      { fuse: true },
    );
    await hot.server.registry.fused();
    await hot.load();
    await hot.logged('view 1');
    const next = `import { state } from './state.mjs'; log.push('next ' + ++state.count);`;
    expect(await hot.save({ 'view.mjs': next }, 'next 2')).toEqual(['state', 'view 1', 'next 2']);
  });
});
