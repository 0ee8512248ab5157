import { describe, expect, it } from 'vitest';
import { SiteCheck } from '../../../../registry/check/site-check.js';
import { DEFAULT_FILTER } from '../../../../registry/ingest/files.js';
import { readSite } from '../../../../registry/publish/read-site.js';
import type { Hash } from '../../../../schema/index.js';
import { site, write, type Files } from '../site.js';

const PAGE = '<script type="module" src="main.mjs"></script>';

/** A check of a directory, which says what it has read. */
async function checkOf(files: Files) {
  const directory = await site(files);
  let content = await readSite(directory, DEFAULT_FILTER);
  const read: Hash[] = [];
  const check = new SiteCheck({
    directory,
    prefix: '/-/',
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
  const problems = () => check.problems(content.manifest);
  return {
    problems,
    read,
    told: async () =>
      (await problems()).map(
        ({ path, kind, line, column, message }) => `${kind} ${path}:${line}:${column} ${message}`,
      ),
    save: async (more: Files) => {
      await write(directory, more);
      content = await readSite(directory, DEFAULT_FILTER);
    },
  };
}

const told = async (files: Files) => (await checkOf(files)).told();

describe('a site that is being edited', () => {
  it('has no problem with what is there, what the site serves beside the registry, and what lies elsewhere', async () => {
    expect(
      await told({
        'index.html': `<script type="importmap">{"imports":{"lit":"./node_modules/lit/index.js"}}</script>${PAGE}`,
        'main.mjs': `import './a.mjs?x#y'; import 'lit'; import './art.wasm'; import 'https://x.test/y.js';
          import '/-/deploys/1/at/a.mjs'; import('./optional.mjs').catch(() => {});`,
        'a.mjs': 'import "/main.mjs";',
        'node_modules/lit/index.js': '',
        'art.wasm': '',
      }),
    ).toEqual([]);
  });

  it('is told what it imports that is not there, with the place and some lines', async () => {
    const check = await checkOf({
      'index.html': PAGE,
      'main.mjs': `import './lib/a.mjs';\nimport 'unmapped';\nimport('./later.mjs');\n`,
      'lib/a.mjs': `\n  export * from './utli.mjs';\n`,
      'later.mjs': `import '/none.mjs';`,
      'unused.mjs': `import './gone.mjs';`,
      '.hidden.mjs': '',
    });
    expect(await check.told()).toEqual([
      'import main.mjs:2:8 no import map says where "unmapped" is',
      'import lib/a.mjs:2:17 cannot find "./utli.mjs"',
      'import later.mjs:1:8 cannot find "/none.mjs"',
    ]);
    const [, { frame } = {}] = await check.problems();
    expect(frame).toBe(
      ['1 | ', `2 |   export * from './utli.mjs';`, '  |                 ^', '3 | '].join('\n'),
    );
  });

  it('may have a name mapped by any of its pages', async () => {
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
    ).toEqual(['import main.mjs:1:8 cannot find "dep"']);
  });

  it('is told of an import map that does not parse, and not of each name that it would have mapped', async () => {
    const page = (map: string) => `<!doctype html>\n<script type="importmap">\n${map}\n</script>\n${PAGE}`;
    const main = { 'main.mjs': `import 'lit'; import './gone.mjs';` };
    const check = await checkOf({ 'index.html': page('{ "imports": { "lit": "./lit.mjs", } }'), ...main });
    expect(await check.told()).toEqual([
      'importmap index.html:3:36 Expected double-quoted property name',
      'import main.mjs:1:22 cannot find "./gone.mjs"',
    ]);
    expect(await told({ 'index.html': page('  ["lit"]') })).toEqual([
      'importmap index.html:3:3 An import map is not a JSON object.',
    ]);
    await check.save({ 'index.html': page('{ "imports": { "lit": "./lit.mjs" } }'), 'lit.mjs': '' });
    expect(await check.told()).toEqual(['import main.mjs:1:22 cannot find "./gone.mjs"']);
  });

  it('is looked into where it has changed, and nowhere else', async () => {
    const check = await checkOf({ 'index.html': PAGE, 'main.mjs': `import './gone.mjs';`, 'a.mjs': '' });
    await check.problems();
    expect(check.read).toHaveLength(2);
    await check.save({ 'a.mjs': '// another\n' });
    expect(await check.told()).toHaveLength(1);
    expect(check.read).toHaveLength(2);
    await check.save({ 'gone.mjs': '' });
    expect(await check.told()).toEqual([]);
  });
});
