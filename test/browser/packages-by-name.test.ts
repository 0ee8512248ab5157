import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type {} from '../../loader/index.js';
import { exportStatic } from '../../registry/export/index.js';
import { SITE_FILTER } from '../../registry/ingest/files.js';
import { PublishService, publishSite, readSite, republish } from '../../registry/publish/index.js';
import { installed } from '../unit/registry/packages/resolved-site.js';
import { later, nextEvent, open, site, temporary, write, type Files } from '../unit/registry/site.js';
import { inEachEngine } from './engines/in-each-engine.js';
import { sharedContext } from './engines/shared-context.js';
import { inEachBrowser } from './hot/suite.js';
import { REPOSITORY, pageOf, serveDirectory, siteWith } from './packages-site.js';
import { serveNative } from './serve-native.js';

const ESM = { type: 'module' };

const MODES = [
  ['with the loader', undefined],
  ['without the loader', (target: string) => target.startsWith('/-/loader.js')],
] as const;

/** A component in TypeScript, with a state. */
const counter = (label: string): string => `import { useState } from 'react';
export const Counter = ({ name }: { name: string }) => {
  const [count, set] = useState<number>(0);
  return <button onClick={() => set(count + 1)}>{\`${label} \${name} \${count}\`}</button>;
};
`;

const TYPED: Files = {
  'index.html': pageOf(`import './src/main.tsx';`),
  'package.json': '{ "dependencies": { "react": "*", "react-dom": "*" } }',
  'src/main.tsx': `import React, { type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Missing } from 'not-installed';
import { Counter } from './counter';
const view: ReactNode = <Counter name={typeof React.version satisfies string} />;
createRoot(document.querySelector('main')!).render(view);
new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }).onmessage = ({ data }: MessageEvent<string>) => {
  document.title = data;
};
`,
  'src/worker.ts': `import { isValidElement } from 'react';\npostMessage(\`worker \${isValidElement(1 as unknown)}\`);\n`,
  'src/counter.tsx': counter('first'),
};

/** The files of a package of this repository, as far as a page in development needs them. */
async function filesOf(name: string): Promise<Record<string, string>> {
  const folder = path.join(REPOSITORY, name);
  const isNeeded = (file: string) => /\.js(?:on)?$/.test(file) && !/production|profiling|server/.test(file);
  const names = (await readdir(folder, { recursive: true })).filter(isNeeded);
  const read = async (file: string) =>
    [`node_modules/${name}/${file}`, await readFile(path.join(folder, file), 'utf8')] as const;
  return Object.fromEntries(await Promise.all(names.map(read)));
}

const mainText = (wanted: string): string | false => {
  const found = document.querySelector('main')?.textContent ?? '';
  return found.includes(wanted) && found;
};

inEachBrowser((suite) => {
  it('a component in TypeScript keeps its state when it is saved, with React by name', async () => {
    const packages = await Promise.all(['react', 'react-dom', 'scheduler'].map(filesOf));
    const files = Object.assign({}, TYPED, ...packages) as Record<string, string>;
    const hot = await suite.open(files);
    expect(await hot.page.until(mainText, 'first')).toBe('first string 0');
    await hot.page.until(() => document.title === 'worker false');
    await hot.page.evaluate(() => document.querySelector('button')!.click());
    await hot.page.until(mainText, ' 1');
    await hot.directory.write({ 'src/counter.tsx': counter('second') });
    expect(await hot.page.until(mainText, 'second')).toBe('second string 1');
    expect(await hot.survived()).toBe(true);
    expect(await hot.overlay()).toBeNull();
  });
});

inEachEngine(({ launch }) => {
  const newPage = sharedContext({ launch });

  describe.each(MODES)('a page %s', (_, isBlocked) => {
    const options = isBlocked === undefined ? {} : { isBlocked };
    const textAfter = async (url: string, text: string) => {
      const page = await newPage();
      await page.goto(url);
      return page.until((wanted) => {
        const found = document.querySelector('main')!.textContent;
        return found.includes(wanted) && found;
      }, text);
    };

    it('runs lit, with one instance for the page and its modules', async () => {
      const directory = await siteWith(['lit'], {
        'index.html': pageOf(`import { render } from 'lit'; import { view } from './view.js';
          render(view('lit'), document.querySelector('main'));`),
        'view.js': `import { html } from 'lit'; import { classMap } from 'lit/directives/class-map.js';
          export const view = (name) => html\`<p class=\${classMap({ on: true })}>hello \${name}</p>\`;`,
      });
      expect(await textAfter(await serveDirectory(directory, options), 'hello')).toBe('hello lit');
    });

    it('runs preact with htm, and its hooks', async () => {
      const directory = await siteWith(['preact', 'htm'], {
        'index.html':
          pageOf(`import { html, render } from 'htm/preact'; import { useState, useEffect } from 'preact/hooks';
          const App = () => { const [n, set] = useState(1); useEffect(() => set(2), []); return html\`<p>preact \${n}</p>\`; };
          render(html\`<\${App} />\`, document.querySelector('main'));`),
      });
      expect(await textAfter(await serveDirectory(directory, options), 'preact 2')).toBe('preact 2');
    });

    it.each(['dev', 'production'])('runs React, which is CommonJS, on %s', async (channel) => {
      const directory = await siteWith(['react', 'react-dom'], {
        'index.html': pageOf(`import React, { createElement as h, useState, useEffect } from 'react';
          import { createRoot } from 'react-dom/client';
          const App = () => { const [n, set] = useState(1); useEffect(() => set(2), []); return h('p', null, 'react ' + n + ' ' + (React.useState === useState)); };
          createRoot(document.querySelector('main')).render(h(App));`),
      });
      const url = await serveDirectory(directory, { ...options, channel });
      expect(await textAfter(url, 'react 2')).toBe('react 2 true');
    });

    it('runs two versions of a package, and the page’s own module in place of one', async () => {
      const directory = await site({
        'index.html': pageOf(
          `import { a } from 'a'; import { b } from 'b'; import { own } from 'c';
          document.querySelector('main').textContent = 'ran ' + [a, b, own].join();`,
          '<script type="importmap">{ "imports": { "c": "./c.js" } }</script>',
        ),
        'c.js': `export const own = 'own';`,
        ...installed(
          'a',
          { 'index.js': `import { b } from 'b'; import { own } from 'c'; export const a = 'a' + b + own;` },
          ESM,
        ),
        ...installed('b', { 'index.js': `export const b = 1;` }, ESM),
        ...installed('c', { 'index.js': `export const own = 'package';` }, ESM),
        ...installed(
          'b',
          { 'index.js': `export const b = 2;` },
          { ...ESM, version: '2.0.0' },
          'node_modules/a/node_modules',
        ),
      });
      expect(await textAfter(await serveDirectory(directory, options), 'ran')).toBe('ran a2own,1,own');
    });
  });

  it('a worker imports a package by name', async () => {
    const directory = await siteWith(['preact'], {
      'index.html': pageOf(`import './start.js';`),
      'start.js': `new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }).onmessage = ({ data }) => {
          document.querySelector('main').textContent = data; };`,
      'worker.js': `import { h } from 'preact'; postMessage('worker ' + h('b').type);`,
    });
    const page = await newPage();
    await page.goto(await serveDirectory(directory));
    expect(await page.until(() => document.querySelector('main')!.textContent)).toBe('worker b');
  });

  it('a rollback brings back the packages of that deploy', async () => {
    const registry = open({ channel: 'production', boot: 'fresh', serveHead: true });
    const { url } = await registry.listen();
    const store = await registry.store();
    const directory = await site({
      'index.html': pageOf(`import { v } from 'a'; document.querySelector('main').textContent = v;`),
    });
    const released = () =>
      nextEvent((listener: (deploy: unknown) => void) => registry.on('published', listener));
    const publish = async (version: string) => {
      await write(
        directory,
        installed('a', { 'index.js': `export const v = '${version}';` }, { ...ESM, version }),
      );
      const target = new PublishService({ store, now: Date.now });
      const content = await readSite(directory, SITE_FILTER);
      // A channel that nobody has asked for is not followed.
      const isReleased = (await store.head('production')) === null ? null : released();
      await publishSite(target, content, { channel: 'production', author: 'ada', message: '' });
      await isReleased;
      return [...content.manifest.modules.keys()].filter((name) => name.startsWith('npm/a@'));
    };
    const page = await newPage();
    const shown = async () => {
      await page.goto(url);
      return page.until(() => document.querySelector('main')!.textContent);
    };
    expect(await publish('1.0.0')).toEqual(['npm/a@1.0.0/index.js']);
    expect(await shown()).toBe('1.0.0');
    expect(await publish('2.0.0')).toEqual(['npm/a@2.0.0/index.js']);
    expect(await shown()).toBe('2.0.0');
    const isBack = released();
    const deploy = (await store.deploy(1))!;
    await republish(store, { deploy, channel: 'production', author: 'ada', message: '', now: Date.now });
    await isBack;
    expect(await shown()).toBe('1.0.0');
  });

  describe('a published site in TypeScript with React', () => {
    const published = async (fuse: boolean) => {
      const registry = open({ channel: 'production', serveHead: true, fuse });
      const { url } = await registry.listen();
      const store = await registry.store();
      const content = await readSite(await siteWith(['react', 'react-dom'], TYPED), SITE_FILTER);
      const target = new PublishService({ store, now: Date.now });
      await publishSite(target, content, { channel: 'production', author: 'ada', message: '' });
      return { url, store };
    };
    /** @param isWorking whether workers get packages by name: hosts of static files cannot give them any */
    const runsAt = async (url: string, isWorking: boolean) => {
      const page = await newPage();
      // The second time from the cache.
      for (let visit = 0; visit < 2; visit++) {
        await page.goto(url);
        expect(await page.until(mainText, 'first')).toBe('first string 0');
        if (isWorking) await page.until(() => document.title === 'worker false');
      }
    };

    it.each([false, true])('runs without the directory, joined: %s', async (fuse) => {
      await runsAt((await published(fuse)).url, true);
    });

    it('runs from a host of static files', async () => {
      const { store } = await published(true);
      const directory = await temporary();
      await exportStatic({ store, deploy: 1, directory, force: true, base: '/', assets: null, fuse: true });
      const host = await serveNative(directory);
      later(() => host.close());
      await runsAt(host.url, false);
    });
  });
});
