import { describe, expect, it } from 'vitest';
import { html, module, type HotPage } from './hot-page.js';
import { inEachBrowser } from './suite.js';

const SELF = `import.meta.hot.accept((next) => log.push('accepted ' + next?.version));`;
const MAIN = `<script type="module" src="/main.mjs"></script>`;
const main = (version: number) => ({ 'main.mjs': module('main', version, SELF) });
const shows = (hot: HotPage, id: string) =>
  hot.page.evaluate((name) => document.getElementById(name) !== null, id);

inEachBrowser(
  (suite) => {
    describe.each([
      ['a page at a clean URL', 'docs/about', 'docs/about.html'],
      ['a page of a path that looks like a directory', 'docs/about/?q=1', 'docs/about.html'],
      ['the 404 page', 'no/such/page', '404.html'],
    ])('%s', (_, path, file) => {
      it('runs its modules from the socket, and keeps its state when one is saved', async () => {
        const hot = await suite.open({ ...main(1), [file]: html(MAIN) }, {}, path);
        expect(await hot.page.evaluate(() => modcast!.ready.then(({ from }) => from))).toBe('network');
        await hot.logged('main 1');
        await hot.save(main(2), 'accepted 2');
        expect(await hot.log()).toEqual(['main 1', 'main 2', 'accepted 2']);
        expect(await hot.survived()).toBe(true);
      });

      it('reloads when its file is saved, and not when that of another page is', async () => {
        const hot = await suite.open({ ...main(1), [file]: html(MAIN) }, {}, path);
        await hot.logged('main 1');
        await hot.directory.write({ 'index.html': html(`<p id="other"></p>${MAIN}`) });
        await hot.save(main(2), 'accepted 2');
        expect(await hot.survived()).toBe(true);
        await hot.directory.write({ [file]: html(`<p id="new"></p>${MAIN}`) });
        await hot.reloaded();
        expect(await shows(hot, 'new')).toBe(true);
      });
    });

    it('the 404 page lists no error in the console but its own status', async () => {
      const page = html(`<link rel="icon" href="data:,">${MAIN}`);
      const hot = await suite.open({ ...main(1), '404.html': page }, {}, 'no/such/page');
      await hot.logged('main 1');
      expect(hot.page.lines.filter((line) => line.includes('404')).length).toBeLessThanOrEqual(1);
    });

    it.each([
      ['the 404 page', {}],
      ['the page of an application', { single: true }],
    ])('%s loads again when its URL gets a page of its own', async (_, options) => {
      const files = { ...main(1), 'index.html': html(MAIN), '404.html': html(MAIN) };
      const hot = await suite.open(files, options, 'new');
      await hot.logged('main 1');
      await hot.directory.write({ 'other.html': html('') });
      await hot.save(main(2), 'accepted 2');
      expect(await hot.survived()).toBe(true);
      await hot.directory.write({ 'new.html': html(`<p id="new"></p>${MAIN}`) });
      await hot.reloaded();
      expect(await shows(hot, 'new')).toBe(true);
    });

    it('an application loads again when its page is saved, at whatever route it is', async () => {
      const hot = await suite.open({ ...main(1), 'index.html': html(MAIN) }, { single: true });
      await hot.logged('main 1');
      await hot.page.evaluate(() => history.pushState(null, '', '/a/route'));
      await hot.save(main(2), 'accepted 2');
      await hot.directory.write({ 'index.html': html(`<p id="new"></p>${MAIN}`) });
      await hot.reloaded();
      expect(await shows(hot, 'new')).toBe(true);
      expect(await hot.page.evaluate(() => location.pathname)).toBe('/a/route');
    });

    it('a page at a clean URL loads what its URL says, not that of a directory', async () => {
      const hot = await suite.open(
        {
          'docs/about.html': html(
            `<link rel="stylesheet" href="style.css"><script type="module" src="./main.mjs"></script>`,
          ),
          'docs/style.css': 'html { --from: docs }',
          'docs/main.mjs': module('docs', 1, `log.push(new URL(import.meta.url).pathname);`),
        },
        {},
        'docs/about',
      );
      expect(await hot.logged('/docs/main.mjs')).toEqual(['docs 1', '/docs/main.mjs']);
      const from = await hot.page.until(() =>
        getComputedStyle(document.documentElement).getPropertyValue('--from').trim(),
      );
      expect(from).toBe('docs');
    });
  },
  ['Firefox', 'WebKit'],
);
