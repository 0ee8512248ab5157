import { describe, expect, it } from 'vitest';
import { exportStatic } from '../../../registry/export/index.js';
import { open, site as directoryOf, later, temporary } from '../../unit/registry/site.js';
import { inEachEngine } from '../engines/in-each-engine.js';
import { sharedContext } from '../engines/shared-context.js';
import { serveNative } from '../serve-native.js';

/** A worker that says what it has imported, statically, through another module, and by `import()`. */
const WORKER = `import data from './data.json' with { type: 'json' };
import { name } from './lib/named.mjs';
const late = import('./lib/late.json', { with: { type: 'json' } }).then((module) => module.default.late);
const say = async (port) => port.postMessage(\`\${data.a} \${name} \${await late}\`);
globalThis.onconnect = ({ ports }) => say(ports[0]);
if (globalThis.postMessage) say(globalThis);
`;

const FILES = {
  'index.html': '<!doctype html><title>x</title><script type="module" src="main.mjs"></script>',
  'no-referrer.html': '<!doctype html><meta name="referrer" content="no-referrer"><title>x</title>',
  'main.mjs': 'globalThis.ran = true;',
  'worker.mjs': WORKER,
  'data.json': '{ "a": 1 }',
  'lib/named.mjs': "import json from './name.json' with { type: 'json' }; export const { name } = json;",
  'lib/name.json': '{ "name": "two" }',
  'lib/late.json': '{ "late": 3 }',
};

/** What a module worker and a shared one say; an error of either. */
const said = (url: string) =>
  Promise.all(
    [Worker, SharedWorker].map(
      (Kind) =>
        new Promise((resolve) => {
          const worker = new Kind(url, { type: 'module' });
          worker.addEventListener('error', () => resolve('an error'));
          const port = worker instanceof Worker ? worker : worker.port;
          port.onmessage = ({ data }) => resolve(data);
        }),
    ),
  );

inEachEngine(({ launch }) => {
  const newPage = sharedContext({ launch });

  const visit = async (url: string) => {
    const page = await newPage();
    await page.goto(url);
    return page;
  };

  describe('a module worker imports JSON', () => {
    it('of a directory, and of a deploy', async () => {
      const registry = open({ directory: await directoryOf(FILES) });
      const { url } = await registry.listen();
      for (const name of ['', 'no-referrer.html']) {
        const page = await visit(url + name);
        for (const worker of ['worker.mjs', '-/deploys/1/at/worker.mjs'])
          expect(await page.evaluate(said, url + worker), worker).toEqual(Array(2).fill('1 two 3'));
      }
    });

    it('linked for an import map', async () => {
      const files = { ...FILES, 'worker.mjs': '' };
      const registry = open({ directory: await directoryOf(files) });
      const { url } = await registry.listen();
      const { modules } = (await (await registry.store()).manifest(1))!;
      const linked = `${url}-/modules/${modules.get('data.json')!.hash}/data.json`;
      const page = await visit(url);
      const imports = `import data from '${linked}' with { type: 'json' }; postMessage(data.a);`;
      const answer = await page.evaluate(
        (text) =>
          new Promise((resolve) => {
            const blob = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
            const worker = new Worker(blob, { type: 'module' });
            worker.addEventListener('error', () => resolve('an error'));
            worker.addEventListener('message', ({ data }) => resolve(data));
          }),
        imports,
      );
      expect(answer).toBe(1);
    });

    it('of a channel’s head', async () => {
      const database = `${await temporary()}/a.db`;
      const publisher = open({ directory: await directoryOf(FILES), database });
      await publisher.ready;
      await publisher.close();
      const { url } = await open({ database, serveHead: true }).listen();
      const page = await visit(url);
      expect(await page.evaluate(said, `${url}worker.mjs`)).toEqual(Array(2).fill('1 two 3'));
    });

    it('of a static export', async () => {
      const registry = open({ directory: await directoryOf(FILES) });
      const { deploy } = (await registry.ready)!;
      const out = `${await temporary()}/out`;
      const store = await registry.store();
      await exportStatic({
        store,
        deploy: deploy.number,
        directory: out,
        force: false,
        base: '/',
        assets: null,
      });
      const { url, close } = await serveNative(out);
      later(close);
      const page = await visit(url);
      for (const worker of ['worker.mjs', '-/deploys/1/at/worker.mjs'])
        expect(await page.evaluate(said, url + worker), worker).toEqual(Array(2).fill('1 two 3'));
    });
  });
});
