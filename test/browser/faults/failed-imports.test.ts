import { describe, expect, it } from 'vitest';
import { inEachBrowser } from '../hot/suite.js';
import { faultFiles } from './fault-files.js';

const LOG = '<script>globalThis.log = [];</script>';
// Firefox requests imports before it runs scripts, and again when they are missing, unless a page has a map.
const EMPTY_MAP = '<script type="importmap">{}</script>';

inEachBrowser((suite) => {
  describe('an import of a file that is not there', () => {
    it('is requested once, and reported (failed-import-repeats)', async () => {
      const files = faultFiles('failed-import-repeats');
      const hot = await suite.open({ ...files, 'index.html': LOG + EMPTY_MAP + files['index.html']! });
      await hot.overlayShows('cannot find "./gone.js"');
      // The page follows its files after it has looked at its entries.
      await hot.page.evaluate(() =>
        modcast!
          .idle()
          .then(() => fetch('/'))
          .then(() => {}),
      );
      expect(hot.server.requests.filter((target) => target.includes('gone.js'))).toHaveLength(1);
      await hot.directory.write({ 'gone.js': '' });
      await hot.reloaded();
    });

    it('is requested once from an inline script, and where an import map names it', async () => {
      const hot = await suite.open({
        'index.html': `<!doctype html><title>t</title>${LOG}
<script type="importmap">{"imports":{"cdn":"/away/cdn.js"}}</script>
<script type="module">import './a.js';</script><script type="module" src="main.mjs"></script>`,
        'a.js': `import './gone.js';`,
        'main.mjs': `import 'cdn';`,
      });
      await hot.overlayShows('cannot find "./gone.js"');
      await hot.page.evaluate(() =>
        modcast!
          .idle()
          .then(() => fetch('/'))
          .then(() => {}),
      );
      for (const name of ['gone.js', 'cdn.js'])
        expect(hot.server.requests.filter((target) => target.includes(name))).toHaveLength(1);
    });
  });
});
