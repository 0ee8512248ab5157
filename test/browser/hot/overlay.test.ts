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

/** Waits until the editor was started `times` times. @returns the arguments of each start */
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

/** The class name of the focused element in the overlay. */
const focused = (hot: HotPage) =>
  hot.page.evaluate(
    () => document.querySelector('modcast-overlay')?.shadowRoot?.activeElement?.className ?? null,
  );

inEachBrowser((suite) => {
  describe('the file location in the overlay', () => {
    it('opens in the editor on a click', async () => {
      const hot = await open(suite);
      await hot.directory.write({ 'lib/a.mjs': BROKEN });
      await hot.overlayShows('lib/a.mjs:3:15');
      await click(hot, 'lib/a.mjs:3:15');
      expect(await opened(1)).toEqual([[path.join(hot.directory.directory, 'lib/a.mjs'), '3', '15']]);
      expect(await hot.overlay()).not.toBeNull();
    });

    it('opens in the editor by keyboard, also after a restart of the server', async () => {
      const hot = await open(suite);
      await hot.directory.write({ 'lib/a.mjs': BROKEN });
      await hot.overlayShows('lib/a.mjs:3:15');
      await hot.page.press('Tab');
      expect(await focused(hot)).toBe('close');
      await hot.page.press('Tab');
      expect(await focused(hot)).toBe('file');
      await hot.page.press('Enter');
      await opened(1);

      await hot.restart({ 'lib/a.mjs': module('a', 3, SELF) });
      await hot.overlayClosed();
      await hot.directory.write({ 'lib/a.mjs': BROKEN });
      await hot.overlayShows('lib/a.mjs:3:15');
      await click(hot, 'lib/a.mjs:3:15');
      await opened(2);
      expect(await hot.survived()).toBe(true);
    });

    it('shows why the editor did not open', async () => {
      vi.stubEnv('LAUNCH_EDITOR', '/does/not/exist');
      const hot = await open(suite);
      await hot.directory.write({ 'lib/a.mjs': BROKEN });
      await hot.overlayShows('lib/a.mjs:3:15');
      await click(hot, 'lib/a.mjs:3:15');
      await hot.overlayShows(`('/does/not/exist' command does not exist in 'PATH')`);
      vi.stubEnv('LAUNCH_EDITOR', '');
      vi.stubEnv('VISUAL', '');
      vi.stubEnv('EDITOR', '');
      vi.stubEnv('PATH', '');
      await click(hot, 'lib/a.mjs:3:15');
      await hot.overlayShows('no editor found: set LAUNCH_EDITOR or EDITOR');
      hot.server.http = () => 'refuse';
      await click(hot, 'lib/a.mjs:3:15');
      await hot.overlayShows('the server does not answer');
    });
  });

  describe('the overlay', () => {
    it('puts the caret under the error column, also in a line with tabs', async () => {
      const hot = await open(suite);
      await hot.directory.write({ 'lib/a.mjs': BROKEN });
      await hot.overlayShows('oops');
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

    it('appears when the page loads a module that does not parse, and closes when it is fixed', async () => {
      const hot = await suite.open({ 'main.mjs': MAIN, 'lib/a.mjs': BROKEN });
      expect(await hot.overlayShows('lib/a.mjs:3:15')).toContain('oops');
      await hot.directory.write({ 'lib/a.mjs': module('a', 3, SELF) });
      await hot.logged('main 1');
      await hot.overlayClosed();
    });

    it('keeps its styles under a policy that forbids inline styles', async () => {
      const policy = `<meta http-equiv="Content-Security-Policy" content="style-src 'none'">`;
      const hot = await suite.open({
        'index.html': html(`${policy}<script type="module" src="main.mjs"></script>`),
        'main.mjs': MAIN,
        'lib/a.mjs': module('a', 1, SELF),
      });
      await hot.directory.write({ 'lib/a.mjs': BROKEN });
      await hot.overlayShows('oops');
      const position = await hot.page.evaluate(
        () => getComputedStyle(document.querySelector('modcast-overlay')!).position,
      );
      expect(position).toBe('fixed');
    });

    it('closes by button or by Escape without a keydown event in the page, and does not take the focus', async () => {
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
      await hot.overlayShows('oops');
      await hot.page.press('x');
      expect(await hot.page.evaluate(() => document.querySelector('input')!.value)).toBe('x');
      await hot.page.press('Escape');
      await hot.overlayClosed();
      await hot.directory.write({ 'lib/a.mjs': `\n${BROKEN}` });
      await hot.overlayShows('lib/a.mjs:4:15');
      await click(hot, 'Close');
      await hot.overlayClosed();
      expect((await hot.log()).slice(2)).toEqual(['key x']);
    });
  });
});
