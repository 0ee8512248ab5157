import { describe, expect, it } from 'vitest';
import { ImportChecker } from '../../../../registry/check/import-checker.js';
import { DEFAULT_FILTER } from '../../../../registry/ingest/files.js';
import { readSite } from '../../../../registry/publish/read-site.js';
import type { Hash } from '../../../../schema/index.js';
import { site, write, type Files } from '../site.js';

const PAGE = '<script type="module" src="main.mjs"></script>';

/** A checker of a directory. `read` lists the blobs it has read. */
async function checkOf(files: Files, limit?: number) {
  const directory = await site(files);
  let content = await readSite(directory, DEFAULT_FILTER);
  const read: Hash[] = [];
  const check = new ImportChecker({
    directory,
    prefix: '/-/',
    ...(limit === undefined ? {} : { limit }),
    blobs: {
      links: async () =>
        new Map([...content.manifest.modules].map(([name, { hash }]) => [hash, content.links.get(name)!])),
      read: async (hashes) => {
        read.push(...hashes);
        return new Map(
          hashes.map((hash) => [hash, { hash, bytes: Buffer.from(content.bytes(hash)), links: null }]),
        );
      },
    },
  });
  const problems = async () => (await check.check(content.manifest)).diagnostics;
  return {
    problems,
    read,
    told: async () =>
      (await problems()).map(
        ({ path, kind, severity, line, column, message }) =>
          `${severity} ${kind} ${path}:${line}:${column} ${message}`,
      ),
    save: async (more: Files) => {
      await write(directory, more);
      content = await readSite(directory, DEFAULT_FILTER);
    },
  };
}

const told = async (files: Files) => (await checkOf(files)).told();

describe('imports of a site', () => {
  it('are fine when the server serves them, or when they lead to another origin', async () => {
    expect(
      await told({
        'index.html': `<script type="importmap">{"imports":{"lit":"./node_modules/lit/index.js"}}</script>${PAGE}`,
        'main.mjs': `import './a.mjs?x#y'; import 'lit'; import './art.wasm'; import 'https://x.test/y.js';
          import '/-/deploys/1/at/a.mjs'; import '/-/channels/dev/manifest.json' with { type: 'json' };`,
        'a.mjs': 'import "/main.mjs";',
        'node_modules/lit/index.js': '',
        'art.wasm': '',
      }),
    ).toEqual([]);
  });

  it('that fail are reported with the place and the lines around it', async () => {
    const check = await checkOf({
      'index.html': PAGE,
      'main.mjs': `import './lib/a.mjs';\nimport 'unmapped';\n`,
      'lib/a.mjs': `\n  export * from './utli.mjs';\n`,
      'unused.mjs': `import './gone.mjs';`,
    });
    expect(await check.told()).toEqual([
      'error import lib/a.mjs:2:17 cannot find "./utli.mjs"',
      'error import main.mjs:2:8 no import map says where "unmapped" is; the package "unmapped" is not installed: run npm install unmapped',
    ]);
    const [first] = await check.problems();
    expect(first).toMatchObject({
      specifier: './utli.mjs',
      failure: 'missing',
      frame: ['1 | ', `2 |   export * from './utli.mjs';`, '  |                 ^', '3 | '].join('\n'),
    });
  });

  it('are judged by what the server serves', async () => {
    expect(
      await told({
        'index.html': PAGE,
        'main.mjs': `import './lib'; import './lib/'; import './.dot.mjs'; import './.git/x.mjs';
import './-/x.mjs'; import './-/y.mjs'; import './-/health';`,
        'lib/index.html': '',
        '.dot.mjs': '',
        '.git/x.mjs': '',
        '-/x.mjs': '',
      }),
    ).toEqual([
      'error import main.mjs:1:8 cannot import "./lib": it is a directory',
      expect.stringMatching(/^error import main\.mjs:1:24 cannot (?:find|import) "\.\/lib\/"/),
      'error import main.mjs:1:41 cannot import "./.dot.mjs": dotfiles are not served',
      'error import main.mjs:1:62 cannot import "./.git/x.mjs": dotfiles are not served',
      'error import main.mjs:2:8 cannot import "./-/x.mjs": no files are served below /-/',
      'error import main.mjs:2:28 cannot import "./-/y.mjs": no files are served below /-/',
    ]);
  });

  it('that only import() reaches are warnings', async () => {
    expect(
      await told({
        'index.html': PAGE,
        'main.mjs': `import('./later.mjs');\nimport("./nada.mjs").catch(() => {});\nimport('bare'); import(name);`,
        'later.mjs': `import '/none.mjs'; import './both.mjs';`,
        'both.mjs': `import 'lodash';`,
      }),
    ).toEqual([
      'warning import both.mjs:1:8 no import map says where "lodash" is; the package "lodash" is not installed: run npm install lodash',
      'warning import later.mjs:1:8 cannot find "/none.mjs"',
      'warning dynamic-import main.mjs:2:1 cannot find "./nada.mjs"',
      'warning dynamic-import main.mjs:3:1 no import map says where "bare" is; the package "bare" is not installed: run npm install bare',
    ]);
  });

  it('are errors if a module is reached both statically and by import()', async () => {
    expect(
      await told({
        'index.html': PAGE,
        'main.mjs': `import('./both.mjs'); import './a.mjs';`,
        'a.mjs': `import './both.mjs';`,
        'both.mjs': `import './gone.mjs';`,
      }),
    ).toEqual(['error import both.mjs:1:8 cannot find "./gone.mjs"']);
  });

  it('may be mapped by any of the pages', async () => {
    const map = (target: string) =>
      `<script type="importmap">{"imports":{"dep":"${target}"}}</script>${PAGE}`;
    expect(
      await told({
        'index.html': map('./gone.mjs'),
        'other.html': map('./there.mjs'),
        'plain.html': PAGE,
        'main.mjs': `import 'dep';`,
        'there.mjs': '',
      }),
    ).toEqual([]);
    expect(
      await told({ 'index.html': map('./gone.mjs'), 'plain.html': PAGE, 'main.mjs': `import 'dep';` }),
    ).toEqual(['error import main.mjs:1:8 cannot find "dep"']);
  });

  it('are checked from every module if no page has an entry; bare specifiers are then warnings', async () => {
    expect(
      await told({
        'a.mjs': 'import "lodash"; import "./gone.mjs"',
        'classic.js': 'with (x) y',
        'b.css': '',
      }),
    ).toEqual([
      'error import a.mjs:1:25 cannot find "./gone.mjs"',
      'warning import a.mjs:1:8 no import map says where "lodash" is; the package "lodash" is not installed: run npm install lodash',
    ]);
  });

  it('are not reported if an invalid import map could map them', async () => {
    const page = (map: string) => `<!doctype html>\n<script type="importmap">\n${map}\n</script>\n${PAGE}`;
    const main = { 'main.mjs': `import 'lit'; import './gone.mjs';` };
    const check = await checkOf({ 'index.html': page('{ "imports": { "lit": "./lit.mjs", } }'), ...main });
    expect(await check.told()).toEqual([
      'error importmap index.html:3:36 Expected double-quoted property name',
      'error import main.mjs:1:22 cannot find "./gone.mjs"',
    ]);
    expect(await told({ 'index.html': page('  ["lit"]') })).toEqual([
      'warning importmap index.html:3:3 An import map is not a JSON object.',
    ]);
    await check.save({ 'index.html': page('{ "imports": { "lit": "./lit.mjs" } }'), 'lit.mjs': '' });
    expect(await check.told()).toEqual(['error import main.mjs:1:22 cannot find "./gone.mjs"']);
  });

  it('are checked again only in changed files', async () => {
    const check = await checkOf({ 'index.html': PAGE, 'main.mjs': `import './gone.mjs';`, 'a.mjs': '' });
    await check.problems();
    expect(check.read).toHaveLength(2);
    await check.save({ 'a.mjs': '// another\n' });
    expect(await check.told()).toHaveLength(1);
    expect(check.read).toHaveLength(2);
    await check.save({ 'gone.mjs': '' });
    expect(await check.told()).toEqual([]);
  });

  it('are reported up to the limit, errors first', async () => {
    const files = {
      'index.html': PAGE,
      'main.mjs': `import('./a.mjs'); import './b.mjs'; import './c.mjs';`,
    };
    expect(await (await checkOf(files, 1)).told()).toEqual([
      'error import main.mjs:1:27 cannot find "./b.mjs"',
    ]);
  });
});

it('injected-map: bare specifiers are unknown, and not wrong, where a script may add an import map', async () => {
  const files = { 'main.mjs': "import 'lib'; import './gone.mjs';", 'maps.js': "s.type = 'importmap';" };
  const missing = 'error import main.mjs:1:22 cannot find "./gone.mjs"';
  const unmapped =
    'error import main.mjs:1:8 no import map says where "lib" is; the package "lib" is not installed: run npm install lib';
  expect(await told({ ...files, 'index.html': PAGE })).toEqual([unmapped, missing]);
  const checked = await checkOf({ ...files, 'index.html': `<script src=maps.js></script>${PAGE}` });
  expect(await checked.told()).toEqual([missing]);
  await checked.save({ 'maps.js': 'nothing()' });
  expect(await checked.told()).toEqual([unmapped, missing]);
  const inline = "<script>document.createElement('script').type = 'importmap'</script>";
  expect(await told({ ...files, 'index.html': inline + PAGE })).toEqual([missing]);
});
