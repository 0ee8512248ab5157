import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import type {} from '../../loader/index.js';
import { SITE_FILTER } from '../../registry/ingest/files.js';
import { PublishService, publishSite, readSite } from '../../registry/publish/index.js';
import { installed } from '../unit/registry/packages/resolved-site.js';
import { open, site } from '../unit/registry/site.js';
import { inEachEngine } from './engines/in-each-engine.js';
import { sharedContext } from './engines/shared-context.js';

/** An application as it is written for Vite, with a package beside it in TypeScript. */
const FILES = {
  'app/index.html':
    '<!doctype html><title>x</title><p class="app"></p><script type="module" src="/src/main.ts"></script>',
  'app/package.json': JSON.stringify({
    modcast: { alias: { '@': './src' }, define: { APP_VERSION: '"1.2"', 'process.env': {} } },
  }),
  'app/src/main.ts': `import 'ui/theme.css';
import './style.css';
import logo from 'ui/logo.svg';
import note from 'ui/note.txt?raw';
import { shared, type Shared } from 'shared';
import { view } from '@/view.js';
declare const APP_VERSION: string;
const value: Shared = shared;
const style = getComputedStyle(document.querySelector('.app')!);
Object.assign(globalThis, {
  said: [
    style.color, style.borderTopColor, style.textAlign, note, new URL(logo).pathname.split('/').at(-1),
    value.name, view, APP_VERSION, String(process.env.NONE), process.env.NODE_ENV,
  ],
});
`,
  'app/src/style.css': `@import 'ui/layout.css';\n.app { border: 1px solid rgb(4, 5, 6) }`,
  'app/src/view.ts': `export const view: string = 'view';`,
  'shared/package.json': '{ "name": "shared", "version": "1.0.0", "main": "src/index.ts" }',
  'shared/src/index.ts': `import { Name } from './name.js';\nexport interface Shared { name: string }
export const shared: Shared = { name: Name.Only };`,
  'shared/src/name.ts': `export enum Name { Only = 'enum' }`,
  ...installed(
    'ui',
    {
      'theme.css': `@import './base.css';`,
      'base.css': '.app { color: rgb(1, 2, 3) }',
      'layout.css': '.app { text-align: right }',
      'logo.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
      'note.txt': 'a note',
    },
    { type: 'module' },
    'app/node_modules',
  ),
};

const SAID = [
  'rgb(1, 2, 3)',
  'rgb(4, 5, 6)',
  'right',
  'a note',
  'logo.svg',
  'enum',
  'view',
  '1.2',
  'undefined',
  'production',
];

inEachEngine((engine) => {
  const newPage = sharedContext(engine);

  const published = async () => {
    const root = await site(FILES);
    await symlink(path.join(root, 'shared'), path.join(root, 'app/node_modules/shared'));
    const registry = open({ channel: 'production', serveHead: true });
    const { url } = await registry.listen();
    const store = await registry.store();
    const content = await readSite(path.join(root, 'app'), SITE_FILTER);
    expect(content.packageProblems).toEqual([]);
    const target = new PublishService({ store, now: Date.now });
    await publishSite(target, content, { channel: 'production', author: 'ada', message: '' });
    return { url, registry };
  };
  const said = () => (globalThis as { said?: unknown[] }).said;

  it('runs what was written for Vite, with style sheets, assets and TypeScript of packages', async () => {
    const { url } = await published();
    const page = await newPage();
    // The second time from the cache.
    for (let visit = 0; visit < 2; visit++) {
      await page.goto(url);
      expect(await page.until(said)).toEqual(SAID);
    }
  });

  if (engine.name !== 'Chromium') return;

  it('runs without its server', async () => {
    const { url, registry } = await published();
    const page = await newPage();
    await page.goto(url);
    await page.until(said);
    expect(await page.evaluate(() => modcast!.offline())).toMatchObject({ failed: 0 });
    await page.goto(url);
    await page.until(said);
    await registry.close();
    await page.goto(url);
    expect(await page.until(said)).toEqual(SAID);
  });
});
