import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type {} from '../../loader/index.js';
import { exportStatic } from '../../registry/export/index.js';
import { SITE_FILTER } from '../../registry/ingest/files.js';
import { PublishService, publishSite, readSite } from '../../registry/publish/index.js';
import { open, site } from '../unit/registry/site.js';
import { inEachEngine } from './engines/in-each-engine.js';
import { sharedContext } from './engines/shared-context.js';
import { html } from './hot/hot-page.js';
import { inEachBrowser } from './hot/suite.js';
import { serveNative } from './serve-native.js';

const CONFIG = {
  compilerOptions: {
    jsx: 'react-jsx',
    jsxImportSource: '@/jsx',
    experimentalDecorators: true,
    paths: { '@/*': ['./src/*'] },
  },
};

/** JSX without a framework: elements are text. */
const JSX = `type Props = { children?: unknown; name?: string };
type Tag = string | ((props: Props) => string);
const text = (children: unknown): string => [children].flat().join('');
export const jsx = (tag: Tag, props: Props): string =>
  typeof tag === 'function' ? tag(props) : \`<\${tag}>\${text(props.children)}</\${tag}>\`;
export const jsxs = jsx;
export const Fragment = ({ children }: Props): string => text(children);
`;

const FILES = {
  'tsconfig.json': JSON.stringify(CONFIG),
  'index.html': html('<script type="module" src="/src/main.tsx"></script>'),
  'src/main.tsx': `import { Color, type Paint } from './paint';
import { named } from './named.js';
import { Label } from '@/label';
import type { Unused } from './there-is-no-such-file';
declare const log: string[];
const paint: Paint<Color> = { color: Color.Green } satisfies Paint<Color>;
log.push(named(Color[paint.color]), <><Label name="x">{1}</Label></> as string);
`,
  'src/paint.ts': `export enum Color { Red = 1, Green }\nexport interface Paint<C> { color: C }\n`,
  'src/named.ts': `const upper = (_: object, __: string, place: PropertyDescriptor) => {
  const own = place.value as (text: string) => string;
  place.value = (text: string) => own(text).toUpperCase();
};
class Namer {
  constructor(private readonly before: string) {}
  @upper name(text: string): string { return 'named ' + text; }
  get all(): string { return this.before; }
}
export const named = (text: string): string => new Namer('').name(text);
`,
  'src/label/index.tsx': `export const Label = ({ name, children }: { name: string; children?: number }) => <b>{name}{children}</b>;\n`,
  'src/jsx/jsx-runtime.ts': JSX,
  'src/jsx/jsx-dev-runtime.ts': `export { Fragment, jsx as jsxDEV } from './jsx-runtime';\n`,
};

const LOG = ['NAMED GREEN', '<b>x1</b>'];

inEachBrowser((suite) => {
  describe('a site in TypeScript', () => {
    it('runs with enums, JSX, decorators, and imports as TypeScript resolves them', async () => {
      const hot = await suite.open(FILES);
      expect(await hot.logged(LOG[1]!)).toEqual(LOG);
    });

    it('replaces a saved module, and its importers do not run again', async () => {
      const hot = await suite.open({
        'index.html': html('<script type="module" src="/main.ts"></script>'),
        'main.ts': `import { name } from './part';
declare const log: string[];
log.push('main ' + name);
import.meta.hot?.accept('./part', (part: { name: string }) => log.push('accepted ' + part.name));`,
        'part.ts': `export const name: string = 'one';`,
      });
      await hot.save({ 'part.ts': `export const name = 'two' as const;` }, 'accepted two');
      expect(await hot.log()).toEqual(['main one', 'accepted two']);
      expect(await hot.survived()).toBe(true);
    });

    it('keeps the old version of a module that does not parse, and shows the place as written', async () => {
      const source = (value: string) =>
        `interface Unused {}\ndeclare const log: string[];\nlog.push(${value});\nimport.meta.hot?.accept();\n`;
      const hot = await suite.open({
        'index.html': html('<script type="module" src="/main.ts"></script>'),
        'main.ts': source(`'one' as string`),
      });
      await hot.directory.write({ 'main.ts': source(`'two' as`) });
      const shown = await hot.overlayShows('main.ts:3:');
      expect(shown).toContain(`3 | log.push('two' as);`);
      expect(await hot.log()).toEqual(['one']);
      await hot.save({ 'main.ts': source(`'three' as string`) }, 'three');
      await hot.overlayClosed();
      expect(await hot.survived()).toBe(true);
    });

    it('shows where a module throws, as it was written', async () => {
      const source = (value: string) =>
        `interface Unused {\n  a: number;\n}\n\ndeclare const log: string[];\nlog.push(${value});\nimport.meta.hot?.accept();\n`;
      const hot = await suite.open({
        'index.html': html('<script type="module" src="/main.ts"></script>'),
        'main.ts': source(`'one' as string`),
      });
      await hot.directory.write({ 'main.ts': source(`(null as unknown as string[])[0]!`) });
      const shown = await hot.overlayShows('main.ts:6:');
      expect(shown).toContain('6 | log.push((null as unknown as string[])[0]!);');
      await hot.save({ 'main.ts': source(`'three' as string`) }, 'three');
    });

    it('starts workers', async () => {
      const hot = await suite.open({
        'index.html': html('<script type="module" src="/main.ts"></script>'),
        'main.ts': `declare const log: string[];
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }: MessageEvent<string>) => log.push(data);`,
        'worker.ts': `import { text } from './text';\npostMessage(text satisfies string);`,
        'text.ts': `export const text: string = 'from a worker';`,
      });
      expect(await hot.logged('from a worker')).toEqual(['from a worker']);
    });

    it('runs without the loader', async () => {
      const hot = await suite.open(FILES);
      await hot.logged(LOG[1]!);
      hot.server.http = (target) => (target.startsWith('/-/') ? 'missing' : 'pass');
      hot.server.sockets = 'refuse';
      await hot.page.goto(hot.server.url);
      expect(await hot.logged(LOG[1]!)).toEqual(LOG);
    });
  });
});

inEachEngine((engine) => {
  const newPage = sharedContext(engine);

  describe('a deploy of a site in TypeScript', () => {
    const published = async (fuse: boolean) => {
      const registry = open({ channel: 'production', serveHead: true, fuse });
      const { url } = await registry.listen();
      const store = await registry.store();
      const content = await readSite(await site(FILES), SITE_FILTER);
      const target = new PublishService({ store, now: Date.now });
      await publishSite(target, content, { channel: 'production', author: 'ada', message: '' });
      return { url, store };
    };

    it.each([false, true])('runs without the directory, joined: %s', async (fuse) => {
      const { url } = await published(fuse);
      const page = await newPage();
      for (let visit = 0; visit < 2; visit++) {
        await page.goto(url);
        expect(await page.until(() => globalThis.log?.length > 1 && [...log])).toEqual(LOG);
      }
    });

    it('runs from a host of static files', async () => {
      const { store } = await published(true);
      const directory = await mkdtemp(path.join(tmpdir(), 'modcast-ts-'));
      await exportStatic({ store, deploy: 1, directory, force: true, base: '/', assets: null, fuse: true });
      const host = await serveNative(directory);
      const page = await newPage();
      await page.goto(host.url);
      expect(await page.until(() => globalThis.log?.length > 1 && [...log])).toEqual(LOG);
      await host.close();
      await rm(directory, { recursive: true });
    });
  });
});
