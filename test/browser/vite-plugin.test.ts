import { existsSync, readdirSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { build, type InlineConfig } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {} from '../../loader/index.js';
import { createToken } from '../../registry/auth/tokens.js';
import { modcast as plugin, type VitePluginOptions } from '../../registry/vite/vite-plugin.js';
import { modcast as run } from '../unit/cli/program.js';
import { later, open, site, write } from '../unit/registry/site.js';
import { type ChromiumBrowser, launchChromium } from './engines/chromium.js';
import { serveNative } from './serve-native.js';

let browser: ChromiumBrowser;
beforeAll(async () => void (browser = await launchChromium()));
afterAll(() => browser.close());

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

const lazy = (word: string) => `import './lazy.css';
export const word = '${word}';
export default function Lazy() { return <b id="lazy">{word}</b>; }
`;

/** A React site with a component that is loaded when it is shown, a style sheet, and an image. */
async function source(): Promise<string> {
  const directory = await site({
    'package.json': '{"type":"module"}',
    'index.html': '<!doctype html><div id="app"></div><script type="module" src="/src/main.jsx"></script>',
    'public/note.txt': 'a note',
    'src/main.jsx': `import { lazy, Suspense, version } from 'react';
import { createRoot } from 'react-dom/client';
import mark from './mark.svg?no-inline';
const Lazy = lazy(() => import('./lazy.jsx'));
createRoot(document.getElementById('app')).render(
  <main data-react={version} data-mark={mark}><Suspense><Lazy /></Suspense></main>,
);
`,
    'src/lazy.jsx': lazy('first'),
    'src/lazy.css': 'b { color: rgb(1, 2, 3) }',
    'src/mark.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  });
  await symlink(MODULES, path.join(directory, 'node_modules'));
  return directory;
}

const vite = (root: string, options: VitePluginOptions = {}, config: InlineConfig = {}) =>
  build({ root, configFile: false, logLevel: 'silent', plugins: [plugin(options)], ...config });

const database = (root: string) => path.join(root, '.modcast/registry.db');

/** What the page shows, and where the loader got it from. */
async function visit(url: string) {
  const page = await browser.newPage();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(url);
  await page.waitForSelector('#lazy');
  const shown = await page.evaluate(async () => {
    const main = document.querySelector('main')!;
    const bold = document.querySelector('#lazy')!;
    const { from } = await modcast!.ready;
    const image = await fetch(main.dataset['mark']!);
    return {
      from,
      word: bold.textContent,
      color: getComputedStyle(bold).color,
      react: main.dataset['react']!.split('.')[0],
      image: image.ok,
    };
  });
  await page.close();
  // The parser may request the entry before the guard can hold it.
  return { ...shown, chunks: asked.filter((name) => /^\/assets\/(?!index\.js).*\.js$/.test(name)) };
}

const FIRST = { word: 'first', color: 'rgb(1, 2, 3)', react: '19', image: true, chunks: [] };

describe('a Vite build with the plugin', () => {
  it('is a deploy that runs from the registry, and the next build shows what changed', async () => {
    const root = await source();
    await vite(root);
    const registry = open({
      database: database(root),
      serveHead: true,
      channel: 'production',
      boot: 'fresh',
    });
    const { url } = await registry.listen();
    expect(await visit(url)).toEqual({ ...FIRST, from: 'network' });
    await registry.close();

    await write(root, { 'src/lazy.jsx': lazy('second') });
    await vite(root, { message: 'Second word' });
    const { out } = await run(root, ['diff', '1', '2', '--name-status']);
    expect(out).toBe('M\tassets/lazy.js\n');
    expect((await run(root, ['diff', '1', '2', '--stat'])).out).toMatch(/downloads 1 blob of/);
    expect((await run(root, ['log', '-1'])).out).toMatch(/deploy 2 · production .*\n {4}Second word\n/);
    await vite(root);
    expect((await run(root, ['deploys', '--json'])).out.trim().split('\n')).toHaveLength(2);
    const again = open({ database: database(root), serveHead: true, channel: 'production', boot: 'fresh' });
    expect((await visit((await again.listen()).url)).word).toBe('second');
  });

  it('boots with the loader from a static host', async () => {
    const root = await source();
    await vite(root);
    const host = await serveNative(path.join(root, 'dist'));
    later(() => host.close());
    expect(await visit(host.url)).toEqual({ ...FIRST, from: 'http' });
    // What the last build has for static hosts belongs to no deploy.
    await vite(root, {}, { build: { emptyOutDir: false } });
    expect((await run(root, ['deploys', '--json'])).out.trim().split('\n')).toHaveLength(1);
  });

  it('goes to a running registry with a token, and fails without one', async () => {
    const root = await source();
    const served = open({ serveHead: true, channel: 'production', boot: 'fresh', fuse: false });
    const { url } = await served.listen();
    const scope = ['publish:production'];
    const { text } = await createToken(await served.store(), {
      scope,
      note: '',
      expires: null,
      now: Date.now(),
    });
    await expect(vite(root, { registry: url })).rejects.toThrow(/token/);
    await vite(root, { registry: url, token: text });
    expect(await visit(url)).toEqual({ ...FIRST, from: 'network' });
  });

  it('keeps names that the configuration chooses', async () => {
    const root = await source();
    const names = async (options: VitePluginOptions, config: InlineConfig = {}) => {
      await vite(root, options, config);
      return readdirSync(path.join(root, 'dist/assets'))
        .filter((name) => name.endsWith('.js'))
        .toSorted();
    };
    expect(await names({ static: false })).toEqual(['index.js', 'lazy.js']);
    expect(await names({ hashedNames: true })).toEqual([
      expect.stringMatching(/^index-.+\.js$/),
      expect.stringMatching(/^lazy-.+\.js$/),
    ]);
    const output = { entryFileNames: 'assets/first.js' };
    expect(await names({}, { build: { rolldownOptions: { output } } })).toEqual(['first.js', 'lazy.js']);
  });

  it('publishes nothing if the build fails, and fails for options that cannot be meant', async () => {
    const root = await source();
    await write(root, { 'src/lazy.jsx': 'import "./missing.js";' });
    await expect(vite(root)).rejects.toThrow();
    expect(existsSync(database(root))).toBe(false);
    expect(() => plugin({ chanel: 'x' } as never)).toThrow('no option chanel; did you mean "channel"?');
    expect(() => plugin({ token: 'mc_x' })).toThrow('token is for a registry');
    expect(() => plugin({ db: 'a.db', registry: 'https://x' })).toThrow('give only one');
    expect(() => plugin({ channel: 'no/t' })).toThrow(expect.objectContaining({ code: 'channel-invalid' }));
  });
});
