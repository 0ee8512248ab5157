import { describe, expect, it } from 'vitest';
import { module, type HotPage } from '../hot/hot-page.js';
import { inEachBrowser } from '../hot/suite.js';
import { faultFiles } from './fault-files.js';

const LOG = '<script>globalThis.log = [];</script>';

/** Waits until an element has a colour. The selectors before the last one are of shadow hosts and frames. */
const colored = (hot: HotPage, selectors: readonly string[], color: string) =>
  hot.page.until(
    ([steps, expected]) => {
      let root: Document | ShadowRoot | null | undefined = document;
      let element: Element | null | undefined;
      for (const step of steps) {
        element = root?.querySelector(step);
        root = element?.shadowRoot ?? (element as HTMLIFrameElement | null | undefined)?.contentDocument;
      }
      return !!element && getComputedStyle(element).color === expected;
    },
    [selectors, color] as const,
  );

interface Page {
  theme: HTMLLinkElement;
  sheet: CSSStyleSheet | null;
  off: HTMLLinkElement;
  paper: HTMLLinkElement;
  alt: HTMLLinkElement;
}

const red = (value: number, selector = '.c') => `${selector}{color:rgb(${value},0,0)}`;

inEachBrowser((suite) => {
  describe('a style sheet that is saved', () => {
    it('stays in the element that the page holds (style-sheet-element-kept-by-the-page)', async () => {
      const files = faultFiles('style-sheet-element-kept-by-the-page');
      const hot = await suite.open({ ...files, 'index.html': LOG + files['index.html']! });
      await hot.page.evaluate(() => {
        const page = globalThis as unknown as Page;
        page.sheet = page.theme.sheet;
      });
      await hot.directory.write({ 'light.css': red(2) });
      await colored(hot, ['.c'], 'rgb(2, 0, 0)');
      expect(
        await hot.page.evaluate(() => {
          const { theme, sheet } = globalThis as unknown as Page;
          return [theme.isConnected, theme.getAttribute('href'), theme.sheet === sheet];
        }),
      ).toEqual([true, 'light.css', true]);
      await hot.page.evaluate(() => void ((globalThis as unknown as Page).theme.href = 'dark.css'));
      await colored(hot, ['.c'], 'rgb(9, 9, 9)');
      await hot.page.evaluate(() => void ((globalThis as unknown as Page).theme.href = 'light.css'));
      await colored(hot, ['.c'], 'rgb(2, 0, 0)');
      expect(await hot.survived()).toBe(true);
    });

    it('is exchanged in a shadow root, and in one that is made later (style-sheet-in-a-shadow-root)', async () => {
      const files = faultFiles('style-sheet-in-a-shadow-root');
      const hot = await suite.open({ ...files, 'index.html': LOG + files['index.html']! });
      await colored(hot, ['#h', '.c'], 'rgb(1, 0, 0)');
      await hot.directory.write({ 'a.css': red(2) });
      await colored(hot, ['#h', '.c'], 'rgb(2, 0, 0)');
      await hot.page.evaluate(() => {
        const later = document.createElement('div');
        later.id = 'later';
        document.body.append(later);
        later.attachShadow({ mode: 'open' }).innerHTML = document.querySelector('#h')!.shadowRoot!.innerHTML;
      });
      await colored(hot, ['#later', '.c'], 'rgb(2, 0, 0)');
      expect(await hot.survived()).toBe(true);
    });

    it('stays as the page has made it: off, for another medium, an alternative, imported, in a frame', async () => {
      const all = (version: number) => ({
        'off.css': red(version, '.off'),
        'print.css': red(version, '.print'),
        'alt.css': red(version, '.alt'),
        'held.css': red(version, '.held'),
        'imported.css': red(version, '.imported'),
        'frame.css': red(version, '.frame'),
        'deep.css': red(version, '.deep'),
        'var.css': `:root{--a:rgb(1,0,0);--b:rgb(2,0,0)} .var{color:var(--${version === 1 ? 'a' : 'b'});background:var(--${version === 1 ? 'a' : 'b'});background-size:cover}`,
      });
      const hot = await suite.open({
        'index.html': `<!doctype html><title>t</title>${LOG}
<link id="off" rel="stylesheet" href="off.css"><link id="paper" rel="stylesheet" href="print.css">
<link rel="stylesheet" href="held.css" title="main"><link id="alt" rel="alternate stylesheet" title="other" href="alt.css">
<style>@import url(imported.css);</style><link rel="stylesheet" href="var.css?x#y"><link rel="stylesheet" href="var.css">
<p class="off"></p><p class="print"></p><p class="alt"></p><p class="held"></p><p class="imported"></p><p class="var"></p>
<div id="host"></div><iframe id="frame" srcdoc="<link rel=stylesheet href=/frame.css><p class=frame>"></iframe>
<script type="module" src="main.mjs"></script>`,
        'main.mjs': `off.disabled = true; paper.media = 'print';
host.attachShadow({ mode: 'open' }).innerHTML = '<div></div>';
host.shadowRoot.firstChild.attachShadow({ mode: 'open' }).innerHTML = '<style>@import url(/deep.css);</style><p class="deep">';
log.push('main 1');`,
        ...all(1),
      });
      const DEEP = ['#host', 'div', '.deep'];
      const FRAME = ['#frame', '.frame'];
      await colored(hot, DEEP, 'rgb(1, 0, 0)');
      await colored(hot, FRAME, 'rgb(1, 0, 0)');
      await hot.directory.write(all(2));
      await colored(hot, ['.held'], 'rgb(2, 0, 0)');
      await colored(hot, ['.imported'], 'rgb(2, 0, 0)');
      await colored(hot, ['.var'], 'rgb(2, 0, 0)');
      await colored(hot, DEEP, 'rgb(2, 0, 0)');
      await colored(hot, FRAME, 'rgb(2, 0, 0)');
      expect(
        await hot.page.evaluate(() =>
          ['.off', '.print', '.alt'].map((one) => getComputedStyle(document.querySelector(one)!).color),
        ),
      ).toEqual(['rgb(0, 0, 0)', 'rgb(0, 0, 0)', 'rgb(0, 0, 0)']);
      await hot.page.evaluate(() => {
        const { off, paper, alt } = globalThis as unknown as Page;
        off.disabled = false;
        paper.media = '';
        alt.disabled = true;
        alt.disabled = false;
      });
      await colored(hot, ['.off'], 'rgb(2, 0, 0)');
      await colored(hot, ['.print'], 'rgb(2, 0, 0)');
      await colored(hot, ['.alt'], 'rgb(2, 0, 0)');
      expect(await hot.survived()).toBe(true);
    });

    it('reloads the page where it cannot be exchanged, or would lose what the page did', async () => {
      const hot = await suite.open({
        'index.html': `<!doctype html><title>t</title>${LOG}<link id="rules" rel="stylesheet" href="rules.css">
<link rel="stylesheet" href="read.css"><div id="host"></div><script type="module" src="main.mjs"></script>`,
        'main.mjs': `rules.sheet.insertRule('p{color:red}');
host.attachShadow({ mode: 'closed' }).innerHTML = '<link rel="stylesheet" href="/closed.css">';
host.dataset.text = await (await fetch('read.css')).text();
log.push('main 1');`,
        'rules.css': red(1),
        'closed.css': red(1),
        'read.css': red(1),
      });
      for (const file of ['rules.css', 'closed.css', 'read.css']) {
        await hot.logged('main 1');
        await hot.page.evaluate(() => void (globalThis.survivor = 'yes'));
        await hot.directory.write({ [file]: red(2) });
        await hot.reloaded();
      }
      expect(hot.page.lines.filter((line) => line.includes('full reload:'))).toEqual([
        'modcast: full reload: rules.css changed, and the page has changed the rules of that style sheet',
        'modcast: full reload: closed.css changed, and the page loads it without importing it',
        'modcast: full reload: read.css changed, and the page loads it without importing it',
      ]);
    });

    it('is loaded when it was missing before', async () => {
      const hot = await suite.open({
        'index.html': `<!doctype html><title>t</title>${LOG}<link rel="stylesheet" href="new.css"><p class="c">x</p>
<script type="module" src="main.mjs"></script>`,
        'main.mjs': module('main', 1),
      });
      await hot.directory.write({ 'new.css': red(2) });
      await colored(hot, ['.c'], 'rgb(2, 0, 0)');
    });
  });
});
