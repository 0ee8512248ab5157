import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_FILTER } from '../../../../registry/ingest/files.js';
import { diagnoseSite, refuseErrors } from '../../../../registry/publish/diagnose-site.js';
import { readSite } from '../../../../registry/publish/read-site.js';
import type { Diagnostic } from '../../../../schema/index.js';
import { site, type Files } from '../site.js';

const PAGE = '<script type="module" src="main.mjs"></script>';

const diagnose = async (files: Files, prefix?: string) =>
  diagnoseSite(await readSite(await site(files), DEFAULT_FILTER), prefix);

const problemsOf = async (files: Files, prefix?: string): Promise<string[]> =>
  (await diagnose(files, prefix)).map(
    ({ severity, path: file, line, column, message }) => `${severity} ${file}:${line}:${column}: ${message}`,
  );

describe('a site', () => {
  it('that is complete has no problems', async () => {
    expect(
      await problemsOf({
        'index.html': PAGE,
        'main.mjs': 'import "./lib/a.mjs?v=2#x"; import "/lib/a.mjs"; import "https://x.test/y.js";',
        'lib/a.mjs': 'import "../main.mjs"; export * from "./data.json" with { type: "json" };',
        'lib/data.json': '{}',
      }),
    ).toEqual([]);
  });

  it('has an error at each import of a missing file, with line and column in the source', async () => {
    expect(
      await problemsOf({
        'index.html': PAGE,
        'main.mjs': '/* ü */\nimport "./a.mjs";\n  /*💥*/ export { x } from "./gone.mjs";\n',
        'a.mjs': '\n\nimport"../../out.mjs";import y from\n  "/none.mjs"',
      }),
    ).toEqual([
      'error a.mjs:3:7: cannot find "../../out.mjs"',
      'error a.mjs:4:3: cannot find "/none.mjs"',
      'error main.mjs:3:28: cannot find "./gone.mjs"',
    ]);
  });

  it('has an error at a bare specifier that no import map maps', async () => {
    expect(await problemsOf({ 'index.html': PAGE, 'main.mjs': 'import "lodash";' })).toEqual([
      'error main.mjs:1:8: no import map says where "lodash" is; the package "lodash" is not installed: run npm install lodash',
    ]);
  });

  it('has a warning for import() of a missing file, and for what only import() reaches', async () => {
    expect(
      await problemsOf({
        'index.html': PAGE,
        'main.mjs': 'import("./nada.mjs").catch(() => {}); import("./lazy.mjs");',
        'lazy.mjs': 'import "./gone.mjs"; import "./broken.mjs";',
        'broken.mjs': 'let a = ;',
        'old.js': 'with (x) y = 010; import "./gone.mjs"',
      }),
    ).toEqual([
      expect.stringMatching(/^warning broken\.mjs:1:9: /),
      'warning lazy.mjs:1:8: cannot find "./gone.mjs"',
      'warning main.mjs:1:1: cannot find "./nada.mjs"',
    ]);
  });

  it('has an error for each file that does not parse in what its pages need', async () => {
    const problems = await diagnose({
      'index.html': PAGE,
      'main.mjs': 'import "./a.mjs"; import d from "./d.json" with { type: "json" };',
      'a.mjs': '\nexport const = 1;',
      'd.json': '{"a":1,}',
    });
    expect(problems).toMatchObject([
      { kind: 'syntax', severity: 'error', path: 'a.mjs', line: 2, column: 14 },
      { kind: 'syntax', severity: 'error', path: 'd.json', line: 1, column: 8 },
    ]);
    expect(problems[0]!.frame).toBe(['1 | ', '2 | export const = 1;', '  |              ^'].join('\n'));
  });

  it('is checked by its import map', async () => {
    const map =
      '<script type="importmap">{"imports":{"./old.mjs":"./new.mjs","./cdn.mjs":"https://x.test/"}}</script>';
    const files = { 'index.html': map + PAGE, 'main.mjs': 'import "./old.mjs"; import "./cdn.mjs";' };
    expect(await problemsOf({ ...files, 'new.mjs': '' })).toEqual([]);
    expect(await problemsOf(files)).toEqual(['error main.mjs:1:8: cannot find "./old.mjs"']);
  });

  it('may import files that exist but do not match the filter', async () => {
    const files = { 'index.html': PAGE, 'main.mjs': 'import "./node_modules/x/x.js"; import "./x.wasm";' };
    expect(await problemsOf({ ...files, 'node_modules/x/x.js': '', 'x.wasm': '' })).toEqual([]);
    expect(await problemsOf(files)).toHaveLength(2);
  });

  it('is checked against the prefix of the registry it is published to', async () => {
    const files = { 'index.html': PAGE, 'main.mjs': 'import "./x/a.mjs";', 'x/a.mjs': '' };
    expect(await problemsOf(files)).toEqual([]);
    expect(await problemsOf(files, '/x/')).toEqual([
      'error main.mjs:1:8: cannot import "./x/a.mjs": no files are served below /x/',
    ]);
  });

  it('without pages is checked from each of its modules', async () => {
    expect(await problemsOf({ 'a.mjs': 'import "./gone.mjs"', 'classic.js': 'with (x) y' })).toEqual([
      'error a.mjs:1:8: cannot find "./gone.mjs"',
    ]);
  });
});

describe('errors of a site', () => {
  const place = { path: 'a.mjs', line: 1, column: 2, message: 'x', severity: 'error' } as const;
  const missing: Diagnostic = { ...place, kind: 'import', failure: 'missing' };
  const unmapped: Diagnostic = { ...place, kind: 'import', failure: 'unmapped' };
  const importMap: Diagnostic = { ...place, kind: 'importmap' };
  const syntax: Diagnostic = { ...place, kind: 'syntax' };
  const warning: Diagnostic = { ...missing, kind: 'dynamic-import', severity: 'warning' };

  it('refuse the site; warnings do not', () => {
    expect(() => refuseErrors([warning], false)).not.toThrow();
    expect(() => refuseErrors([missing, warning], false)).toThrow(
      'the site has an error at a.mjs:1:2; fix it, or publish with --allow-missing',
    );
    expect(() => refuseErrors([missing, missing], false)).toThrow(
      'the site has 2 errors, the first at a.mjs:1:2; fix them, or publish with --allow-missing',
    );
  });

  it('are let through by allowMissing, except syntax errors', () => {
    expect(() => refuseErrors([missing, unmapped, importMap], true)).not.toThrow();
    expect(() => refuseErrors([missing, syntax], true)).toThrow(
      expect.objectContaining({ code: 'syntax-invalid', found: [syntax] }) as Error,
    );
  });

  it.each<[string, Diagnostic[]]>([
    ['syntax-invalid', [importMap, missing, syntax]],
    ['importmap-invalid', [missing, importMap]],
    ['imports-unresolved', [unmapped, missing]],
    ['specifier-unresolved', [unmapped]],
  ])('have the code %s', (code, errors) => {
    expect(() => refuseErrors(errors, false)).toThrow(
      expect.objectContaining({ code, found: errors }) as Error,
    );
  });
});

it('a file that changes after it was read stops the publish', async () => {
  const directory = await site({ 'a.mjs': 'export {};' });
  const read = await readSite(directory, DEFAULT_FILTER);
  const { hash } = read.manifest.modules.get('a.mjs')!;
  expect(Buffer.from(read.bytes(hash)).toString()).toBe('export {};');
  await writeFile(path.join(directory, 'a.mjs'), 'export { };');
  expect(() => read.bytes(hash)).toThrow(expect.objectContaining({ code: 'file-unstable' }) as Error);
});
