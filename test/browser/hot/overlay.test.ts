import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { html, module, type HotPage } from './hot-page.js';
import { inEachBrowser, type HotSuite } from './suite.js';
import { eventually } from '../../eventually.js';

const MAIN = module('main', 1, `import './lib/a.mjs';`);
const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;
const BROKEN = 'export const version = 2;\n\n\tconst oops = ;\n';

let directory: string;
beforeEach(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  directory = await mkdtemp(path.join(tmpdir(), 'modcast-editor-'));
  const program = path.join(directory, 'editor');
  await writeFile(program, `#!/bin/sh\nprintf '%s\\n' "$@" end >>"$0.args"\n`);
  await chmod(program, 0o755);
  vi.stubEnv('LAUNCH_EDITOR', program);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(directory, { recursive: true });
});

/** What the editor has been asked to open, when it has been so often. */
const opened = (times: number): Promise<string[][]> =>
  eventually(async () => {
    const text = await readFile(path.join(directory, 'editor.args'), 'utf8');
    const calls = text.split('\nend\n').slice(0, -1);
    expect(calls).toHaveLength(times);
    return calls.map((call) => call.split('\n'));
  });

const open = (suite: HotSuite) => suite.open({ 'main.mjs': MAIN, 'lib/a.mjs': module('a', 1, SELF) });

/** Clicks the overlay's button that begins with a text. */
async function click(hot: HotPage, text: string): Promise<void> {
  const [x, y] = await hot.page.until((start) => {
    const buttons = document.querySelector('modcast-overlay')?.shadowRoot?.querySelectorAll('button');
    const box = [...(buttons ?? [])].find((one) => one.textContent!.startsWith(start));
    const { left, top } = box?.getClientRects()[0] ?? {};
    return left !== undefined && ([left + 4, top! + 4] as const);
  }, text);
  await hot.page.click(x, y);
}

/** The names of what Tab leads to in the overlay, in turn. */
const focused = (hot: HotPage) =>
  hot.page.evaluate(
    () => document.querySelector('modcast-overlay')?.shadowRoot?.activeElement?.className ?? null,
  );

inEachBrowser((suite) => {
  describe('the place in the overlay', () => {
    it('opens in the editor, by mouse', async () => {
      const hot = await open(suite);
      await hot.directory.write({ 'lib/a.mjs': BROKEN });
      await hot.overlaid('lib/a.mjs:3:15');
      await click(hot, 'lib/a.mjs:3:15');
      expect(await opened(1)).toEqual([[path.join(hot.directory.directory, 'lib/a.mjs'), '3', '15']]);
      expect(await hot.overlay()).not.toBeNull();
    });

    it('and by keyboard, and the page goes on hearing of files after the server was started again', async () => {
      const hot = await open(suite);
      await hot.directory.write({ 'lib/a.mjs': BROKEN });
      await hot.overlaid('lib/a.mjs:3:15');
      await hot.page.press('Tab');
      expect(await focused(hot)).toBe('close');
      await hot.page.press('Tab');
      expect(await focused(hot)).toBe('file');
      await hot.page.press('Enter');
      await opened(1);

      await hot.restart({ 'lib/a.mjs': module('a', 3, SELF) });
      await hot.cleared();
      await hot.directory.write({ 'lib/a.mjs': BROKEN });
      await hot.overlaid('lib/a.mjs:3:15');
      await click(hot, 'lib/a.mjs:3:15');
      await opened(2);
      expect(await hot.survived()).toBe(true);
    });

    it('says why it did not open', async () => {
      vi.stubEnv('LAUNCH_EDITOR', '/does/not/exist');
      const hot = await open(suite);
      await hot.directory.write({ 'lib/a.mjs': BROKEN });
      await hot.overlaid('lib/a.mjs:3:15');
      await click(hot, 'lib/a.mjs:3:15');
      await hot.overlaid(`('/does/not/exist' command does not exist in 'PATH')`);
      vi.stubEnv('LAUNCH_EDITOR', '');
      vi.stubEnv('VISUAL', '');
      vi.stubEnv('EDITOR', '');
      vi.stubEnv('PATH', '');
      await click(hot, 'lib/a.mjs:3:15');
      await hot.overlaid('no editor found: set LAUNCH_EDITOR or EDITOR');
      hot.server.http = () => 'refuse';
      await click(hot, 'lib/a.mjs:3:15');
      await hot.overlaid('the server does not answer');
    });
  });

  describe('the overlay', () => {
    it('marks the place in the excerpt, also behind tabs', async () => {
      const hot = await open(suite);
      await hot.directory.write({ 'lib/a.mjs': BROKEN });
      await hot.overlaid('oops');
      const [place, caret] = await hot.page.evaluate(() => {
        const shadow = document.querySelector('modcast-overlay')!.shadowRoot!;
        const left = (selector: string, text: string) => {
          const line = shadow.querySelector(selector)!.lastChild as Text;
          const range = document.createRange();
          range.setStart(line, line.data.indexOf(text));
          range.setEnd(line, line.data.indexOf(text) + 1);
          return Math.round(range.getBoundingClientRect().left);
        };
        return [left('.at', ';'), left('.caret', '^')];
      });
      expect(caret).toBe(place);
    });

    it('is there when the page is loaded with a module that does not parse, and goes when that is mended', async () => {
      const hot = await suite.open({ 'main.mjs': MAIN, 'lib/a.mjs': BROKEN });
      expect(await hot.overlaid('lib/a.mjs:3:15')).toContain('oops');
      await hot.directory.write({ 'lib/a.mjs': module('a', 3, SELF) });
      await hot.said('main 1');
      await hot.cleared();
    });

    it('looks as it should under a policy without styles', async () => {
      const policy = `<meta http-equiv="Content-Security-Policy" content="style-src 'none'">`;
      const hot = await suite.open({
        'index.html': html(`${policy}<script type="module" src="main.mjs"></script>`),
        'main.mjs': MAIN,
        'lib/a.mjs': module('a', 1, SELF),
      });
      await hot.directory.write({ 'lib/a.mjs': BROKEN });
      await hot.overlaid('oops');
      const position = await hot.page.evaluate(
        () => getComputedStyle(document.querySelector('modcast-overlay')!).position,
      );
      expect(position).toBe('fixed');
    });

    it('closes by Escape, which the page does not hear of, and by its button; writing in the page goes on', async () => {
      const hot = await suite.open({
        'index.html': html('<input autofocus><script type="module" src="main.mjs"></script>'),
        'main.mjs': MAIN,
        'lib/a.mjs': module('a', 1, SELF),
      });
      await hot.page.evaluate(() => {
        document.querySelector('input')!.focus();
        document.addEventListener('keydown', ({ key }) => log.push(`key ${key}`));
      });
      await hot.directory.write({ 'lib/a.mjs': BROKEN });
      await hot.overlaid('oops');
      await hot.page.press('x');
      expect(await hot.page.evaluate(() => document.querySelector('input')!.value)).toBe('x');
      await hot.page.press('Escape');
      await hot.cleared();
      await hot.directory.write({ 'lib/a.mjs': `\n${BROKEN}` });
      await hot.overlaid('lib/a.mjs:4:15');
      await click(hot, 'Close');
      await hot.cleared();
      expect((await hot.log()).slice(2)).toEqual(['key x']);
    });
  });
});
