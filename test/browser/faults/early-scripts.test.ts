import { describe, expect, it } from 'vitest';
import { html, module } from '../hot/hot-page.js';
import { inEachBrowser } from '../hot/suite.js';
import { faultFiles } from './fault-files.js';

inEachBrowser((suite) => {
  it('injected-map: has no overlay, and shows what is saved', async () => {
    const hot = await suite.open(faultFiles('injected-map'));
    const shows = (text: string) =>
      hot.page.until((expected) => document.body?.textContent?.trim() === expected, text);
    await shows('ok 3');
    await hot.directory.write({ 'lib/y.js': 'export const y = 5;' });
    await shows('ok 6');
    await hot.directory.write({ 'lib/y.js': 'export const y = ;' });
    expect(await hot.overlayShows('y.js')).not.toContain('no import map');
  });

  describe('blocking-render', () => {
    const page = html('<script type=module blocking=render src=theme.mjs></script><h1>painted text</h1>');
    const theme = (version: number) =>
      module(
        'theme',
        version,
        'import "./leaf.mjs";',
        'globalThis.paints = performance.getEntriesByName("first-contentful-paint").length;',
      );
    const files = { 'index.html': page, 'theme.mjs': theme(1), 'leaf.mjs': module('leaf', 1) };

    it('holds back the first paint where the browser can, and shows what is saved', async () => {
      const hot = await suite.open(files);
      expect(await hot.logged('theme 1')).toEqual(['leaf 1', 'theme 1']);
      const paints = await hot.page.evaluate(() => (globalThis as { paints?: number }).paints);
      if (suite.engine.name === 'Chromium') expect(paints).toBe(0);
      expect(await hot.save({ 'leaf.mjs': module('leaf', 2) }, 'leaf 2')).toContain('leaf 2');
      await hot.save({ 'theme.mjs': theme(3) }, 'theme 3');
      expect(await hot.log()).toContain('theme 3');
    });
  });
});
