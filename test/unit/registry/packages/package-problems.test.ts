import { describe, expect, it } from 'vitest';
import { diagnoseSite, refuseErrors } from '../../../../registry/publish/index.js';
import type { Files } from '../site.js';
import { installed, page, resolvedSite } from './resolved-site.js';

const ESM = { type: 'module' };

/** What a publish reports. */
async function told(files: Files): Promise<string[]> {
  const { content } = await resolvedSite(files);
  return (await diagnoseSite(content)).map(
    ({ severity, path, line, column, message }) => `${severity} ${path}:${line}:${column} ${message}`,
  );
}

describe('a name without a package', () => {
  const lit = installed('lit', { 'index.js': 'export {}' }, { ...ESM, exports: { '.': './index.js' } });

  it('is an error with the nearest name, and what to install', async () => {
    expect(await told({ 'index.html': page(`import './m.js'`), 'm.js': `\nimport 'litt';`, ...lit })).toEqual(
      [
        'error m.js:2:8 no import map says where "litt" is; the package "litt" is not installed: run npm install litt; did you mean "lit"?',
      ],
    );
  });

  it('is an error in an inline script too, and stops a publish', async () => {
    const { content } = await resolvedSite({ 'index.html': page(`import 'some/deep.js'`), ...lit });
    const problems = await diagnoseSite(content);
    expect(problems).toMatchObject([{ path: 'index.html', line: 1, column: 30, specifier: 'some/deep.js' }]);
    expect(problems[0]!.message).toContain('run npm install some');
    expect(() => refuseErrors(problems, false)).toThrow(
      expect.objectContaining({ code: 'specifier-unresolved' }),
    );
  });

  it('may be a path that the package does not export', async () => {
    expect(await told({ 'index.html': page(`import 'lit/x.js'`), ...lit })).toEqual([
      expect.stringContaining(
        'the package lit exports no "./x.js" under the conditions browser, module, import, production, default',
      ),
    ]);
  });

  it('may be a part of Node.js', async () => {
    const message = expect.stringMatching(/^error .*"fs" is a part of Node.js, which browsers do not have$/);
    for (const name of ['fs', 'node:fs']) {
      expect(await told({ 'index.html': page(`import '${name}'`), ...lit })).toEqual([message]);
      const files = { 'index.html': page(`import './m.js'`), 'm.js': `import '${name}'` };
      expect(await told({ ...files, ...lit })).toEqual([message]);
    }
  });

  it('is a warning in an import() that may never run', async () => {
    expect(await told({ 'index.html': page(`import('nope')`), ...lit })).toEqual([
      expect.stringMatching(/^warning index/),
    ]);
  });
});

describe('a package', () => {
  it('that needs a part of Node.js is an error with its importer', async () => {
    expect(
      await told({
        'index.html': page(`import './m.js'`),
        'm.js': `import 'a';`,
        ...installed(
          'a',
          { 'index.js': `export * from './lib.js';`, 'lib.js': `\nimport fs from 'fs';` },
          ESM,
        ),
      }),
    ).toEqual([
      `error npm/a@1.0.0/lib.js:2:16 the package a needs Node's "fs", which browsers do not have; m.js brings in the package`,
    ]);
  });

  it('that requires a part of Node.js at once is an error, and under a condition none', async () => {
    const site = (source: string) =>
      told({ 'index.html': page(`import 'a';`), ...installed('a', { 'index.js': source }) });
    expect(await site(`exports.x = 1;\nconst fs = require('fs');`)).toEqual([
      `error npm/a@1.0.0/index.js:2:20 the package a needs Node's "fs", which browsers do not have; index.html brings in the package`,
    ]);
    for (const source of [
      `try { require('fs') } catch {} exports.x = 1`,
      `exports.x = () => require('fs');`,
      `if (typeof process === 'object') exports.x = require('fs');`,
      `exports.x = typeof window === 'undefined' && require('fs');`,
    ])
      expect(await site(source)).toEqual([]);
  });

  it('that lacks a dependency is an error', async () => {
    expect(
      await told({
        'index.html': page(`import 'a';`),
        ...installed('a', { 'index.js': `import 'gone/x.js';` }, ESM),
      }),
    ).toEqual([
      'error npm/a@1.0.0/index.js:1:8 the package a imports "gone/x.js": the package "gone" is not installed; index.html brings in the package',
    ]);
  });
});

describe('versions', () => {
  const two = (name: string) => ({
    'index.html': page(`import 'a'; import '${name}';`),
    ...installed('a', { 'index.js': `import '${name}';` }, ESM),
    ...installed(name, { 'index.js': 'export {}' }, ESM),
    ...installed(
      name,
      { 'index.js': 'export {}' },
      { ...ESM, version: '2.0.0' },
      'node_modules/a/node_modules',
    ),
  });

  it('of which a page must have one are a warning', async () => {
    expect(await told(two('lit'))).toEqual([
      expect.stringMatching(
        /^warning .*2 copies of lit: .*1\.0\.0 for index\.html.*2\.0\.0 for npm\/a@1\.0\.0\/index\.js|2\.0\.0 for npm.*1\.0\.0 for/,
      ),
    ]);
    expect(await told(two('other'))).toEqual([]);
  });

  it('that an importer does not want are a warning', async () => {
    expect(
      await told({
        'package.json': JSON.stringify({ dependencies: { a: '^2.0.0' } }),
        'index.html': page(`import 'a';`),
        ...installed('a', { 'index.js': `import 'b';` }, { ...ESM, peerDependencies: { b: '>=3' } }),
        ...installed('b', { 'index.js': 'export {}' }, ESM),
      }),
    ).toEqual([
      'warning index.html:1:30 the package.json of the site wants a ^2.0.0, and 1.0.0 is installed; run npm install',
      'warning npm/a@1.0.0/index.js:1:8 a 1.0.0 wants b >=3, and 1.0.0 is installed',
    ]);
  });
});
