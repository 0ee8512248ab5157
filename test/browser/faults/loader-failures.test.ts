import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_FILTER } from '../../../registry/ingest/files.js';
import { exportStatic } from '../../../registry/export/index.js';
import { createRegistry, type Registry } from '../../../registry/index.js';
import { PublishService, publishSite, readSite } from '../../../registry/publish/index.js';
import { eventually } from '../../eventually.js';
import { TemporarySite } from '../counted-site.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { sharedContext } from '../engines/shared-context.js';
import { serveNative } from '../serve-native.js';
import { openProxy, type ProxyOptions, type TamperingProxy } from './tampering-proxy.js';

const say = (name: string) => `import { next } from 'dep'; log.push('${name} ' + next());`;

/** Scripts of all kinds. The classic script `before.js` is different in each case. */
const page = (before = 'before.js') => `<!doctype html><title>t</title>
<script src="log.js"></script>
<script src="${before}"></script>
<script type="importmap">{ "imports": { "dep": "./dep.mjs" } }</script>
<link rel="modulepreload" href="dep.mjs">
<script type="module" src="main.mjs"></script>
<script type="module">${say('inline')}</script>
<script type="module" src="last.mjs"></script>
<script defer src="classic.js"></script>
`;

const PATCHES: Readonly<Record<string, string>> = {
  Promise: 'globalThis.Promise = class { then() { return this; } };',
  Map: 'globalThis.Map = class { constructor() { throw new Error("no Map"); } };',
  fetch: 'globalThis.fetch = () => { throw new Error("no fetch"); };',
};

const FILES: Record<string, string> = {
  'index.html': page(),
  ...Object.fromEntries(Object.keys(PATCHES).map((name) => [`${name}.html`, page(`${name}.js`)])),
  ...Object.fromEntries(Object.entries(PATCHES).map(([name, text]) => [`${name}.js`, text])),
  // On the console: a page without a Promise or a Map cannot be evaluated.
  'log.js': `globalThis.log = { push: (text) => console.log('page: ' + text) };
addEventListener('DOMContentLoaded', () => log.push('DOMContentLoaded'));
addEventListener('load', () => log.push('load'));`,
  'before.js': '',
  'dep.mjs': 'let count = 0; export const next = () => ++count;',
  'main.mjs': say('main'),
  'last.mjs': say('last'),
  'classic.js': "log.push('classic');",
};

const NATIVE = ['main 1', 'inline 2', 'last 3', 'classic', 'DOMContentLoaded', 'load'];

const isLoader = (target: string) => /\/-\/(?:fused-)?loader\.js/.test(target);
const script = { 'Content-Type': 'text/javascript' };

interface Failure extends ProxyOptions {
  /** Page of the site. */
  readonly file?: string;
  /**
   * What the console says, once. Null where the policy leaves the page alone. Undefined where it depends on
   * whether the loader or the page's own script runs first.
   */
  readonly says?: RegExp | null;
  readonly log?: readonly string[];
}

const answered = (
  says: RegExp,
  answer: (response: Parameters<NonNullable<ProxyOptions['tamper']>>[1]) => unknown,
): Failure => ({
  says,
  tamper(target, response) {
    if (!isLoader(target)) return false;
    answer(response);
    return true;
  },
});

const UNLOADED = /the loader could not be loaded/;
/** A browser that checks the integrity of a script does not run it. */
const FAILED = /the loader (?:could not be loaded|did not start)/;

const FAILURES: Readonly<Record<string, Failure>> = {
  'is missing': answered(UNLOADED, (response) => response.writeHead(404).end()),
  'is a server error': answered(UNLOADED, (response) => response.writeHead(503).end('down')),
  'is aborted': answered(UNLOADED, (response) => response.destroy()),
  'breaks off': answered(UNLOADED, (response) => {
    response.writeHead(200, { ...script, 'Content-Length': '1000' }).write('"use strict";');
    setImmediate(() => response.destroy());
  }),
  'is missing, and the page sends no referrers': {
    ...answered(UNLOADED, (response) => response.writeHead(404).end()),
    headers: () => ({ 'Referrer-Policy': 'no-referrer' }),
  },
  hangs: answered(/the loader did not respond in time/, () => {}),
  'is HTML': answered(FAILED, (response) =>
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><p>Log in'),
  ),
  'does not parse': answered(FAILED, (response) => response.writeHead(200, script).end('function (')),
  throws: answered(FAILED, (response) => response.writeHead(200, script).end('throw new Error("broken")')),
  'is blocked by a policy': {
    says: UNLOADED,
    headers: (url) => ({
      'Content-Security-Policy': `script-src 'unsafe-inline' ${[
        'log.js',
        'before.js',
        'dep.mjs',
        'main.mjs',
        'last.mjs',
        'classic.js',
      ]
        .map((file) => `${url}/${file} ${url}/tools/demo/${file}`)
        .join(' ')}`,
    }),
  },
  'meets a policy that allows no inline script': {
    says: null,
    headers: () => ({ 'Content-Security-Policy': "script-src 'self'" }),
    // Without its import map, the page fails as it does natively.
    log: ['classic', 'DOMContentLoaded', 'load'],
  },
  'finds a replaced Promise': { file: 'Promise.html' },
  'finds a replaced Map': { file: 'Map.html' },
  'finds a replaced fetch': { file: 'fetch.html' },
};

let temporary: string;
let directory: TemporarySite;
const registries: Registry[] = [];
/** What pages have reported. */
const reports: string[] = [];
const sites: Record<string, { url: string; prefix?: string }> = {};
let closeStatic: () => Promise<void>;

beforeAll(async () => {
  temporary = await mkdtemp(path.join(tmpdir(), 'modcast-failures-'));
  directory = await TemporarySite.create(FILES);
  const open = async (options: Parameters<typeof createRegistry>[0]) => {
    const registry = createRegistry({ watch: false, database: ':memory:', fuse: false, ...options });
    registries.push(registry);
    registry.on('failed', ({ stage, message }) => void (stage === 'loader' && reports.push(message)));
    return registry;
  };
  const serve = await open({ directory: directory.directory });
  const { url } = await serve.listen();
  sites['serve'] = { url };
  sites['under a path prefix'] = { url, prefix: '/tools/demo/' };

  const head = await open({ channel: 'production', serveHead: true });
  const target = new PublishService({ store: await head.store(), now: Date.now });
  const content = await readSite(directory.directory, DEFAULT_FILTER);
  await publishSite(target, content, { channel: 'production', author: 'ada', message: '' });
  sites['serve --no-dir'] = { url: (await head.listen()).url };

  const exported = path.join(temporary, 'exported');
  const store = await serve.store();
  const { number } = (await store.head('dev'))!;
  await exportStatic({ store, deploy: number, directory: exported, force: true, base: '/', assets: null });
  const site = await serveNative(exported);
  sites['static export'] = { url: site.url };
  closeStatic = () => site.close();
});

afterAll(async () => {
  await closeStatic();
  for (const registry of registries) await registry.close();
  await directory.close();
  await rm(temporary, { recursive: true, force: true });
});

inEachEngine((kind) => {
  let proxy: TamperingProxy;
  afterEach(async () => {
    reports.length = 0;
    await proxy.close();
  });
  const open = sharedContext(kind);

  describe.each(['serve', 'serve --no-dir', 'static export', 'under a path prefix'])(
    'loader-cannot-be-had: the loader of %s',
    (mode) => {
      it.each(Object.entries(FAILURES))('%s, and the page runs natively', async (_name, failure) => {
        const { url, prefix } = sites[mode]!;
        const { file = '', says, log = NATIVE, ...options } = failure;
        proxy = await openProxy(url, { ...options, ...(prefix !== undefined && { prefix }) });
        const opened = await open();
        await opened.goto(proxy.url + file);
        await opened.line('page: load');
        const ran = opened.lines.filter((line) => line.startsWith('page: '));
        expect(ran.map((line) => line.slice('page: '.length))).toEqual(log);
        if (says === undefined) return;
        const said = opened.lines.filter((line) => line.startsWith('modcast: the loader'));
        if (says === null) return expect(said).toEqual([]);
        // Below a prefix that the server does not know, there is no loader.
        expect(said).toEqual([expect.stringMatching(prefix === undefined ? says : /the loader /)]);
        // So does the terminal, where there is one.
        if (mode.startsWith('serve')) await eventually(() => expect(reports).toEqual([said[0]!.slice(9)]));
        // The page has what its author wrote.
        const types = () => [...document.querySelectorAll('script')].map(({ type }) => type);
        const written = ['', '', 'importmap', 'module', 'module', 'module', ''];
        expect(await opened.evaluate(types)).toEqual(written);
      });
    },
  );
});
