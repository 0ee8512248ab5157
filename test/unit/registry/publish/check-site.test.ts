import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_FILTER } from '../../../../registry/ingest/files.js';
import { checkSite, describeProblem, refuseBroken } from '../../../../registry/publish/check-site.js';
import { readSite } from '../../../../registry/publish/read-site.js';
import { site, type Files } from '../site.js';

const PAGE = '<script type="module" src="main.mjs"></script>';

async function problemsOf(files: Files): Promise<string[]> {
  return checkSite(await readSite(await site(files), DEFAULT_FILTER)).map(describeProblem);
}

describe('a site', () => {
  it('that is whole has no problems', async () => {
    expect(
      await problemsOf({
        'index.html': PAGE,
        'main.mjs':
          'import "./lib/a.mjs?v=2#x"; import "/lib/a.mjs"; import "bare"; import "https://x.test/y.js";',
        'lib/a.mjs': 'import "../main.mjs"; export * from "./data.json" with { type: "json" };',
        'lib/data.json': '{}',
      }),
    ).toEqual([]);
  });

  it('is told where it imports what is not there, with line and column of what the author wrote', async () => {
    expect(
      await problemsOf({
        'index.html': PAGE,
        'main.mjs': '/* ü */\nimport "./a.mjs";\n  /*💥*/ export { x } from "./gone.mjs";\n',
        'a.mjs': '\n\nimport"../../out.mjs";import y from\n  "/none.mjs"',
      }),
    ).toEqual([
      'a.mjs:3:7: cannot find "../../out.mjs"',
      'a.mjs:4:3: cannot find "/none.mjs"',
      'main.mjs:3:28: cannot find "./gone.mjs"',
    ]);
  });

  it('may import() what is not there, and hold modules that nothing imports', async () => {
    expect(
      await problemsOf({
        'index.html': PAGE,
        'main.mjs': 'import("./gone.mjs").catch(() => {}); import("./lazy.mjs");',
        'lazy.mjs': 'import "./gone.mjs";',
        'old.js': 'with (x) y = 010; import "./gone.mjs"',
      }),
    ).toEqual([]);
  });

  it('is told of files that do not parse in what its pages need', async () => {
    const problems = await problemsOf({
      'index.html': PAGE,
      'main.mjs': 'import "./a.mjs"; import d from "./d.json" with { type: "json" };',
      'a.mjs': '\nexport const = 1;',
      'd.json': '{"a":1,}',
    });
    expect(problems).toEqual([
      expect.stringMatching(/^a\.mjs:2:14: /),
      expect.stringMatching(/^d\.json:1:8: /),
    ]);
  });

  it('finds what its import map leads elsewhere', async () => {
    const map =
      '<script type="importmap">{"imports":{"./old.mjs":"./new.mjs","./cdn.mjs":"https://x.test/"}}</script>';
    const files = { 'index.html': map + PAGE, 'main.mjs': 'import "./old.mjs"; import "./cdn.mjs";' };
    expect(await problemsOf({ ...files, 'new.mjs': '' })).toEqual([]);
    expect(await problemsOf(files)).toEqual(['main.mjs:1:8: cannot find "./old.mjs"']);
  });

  it('may import files that are there but none of the registry’s', async () => {
    const files = { 'index.html': PAGE, 'main.mjs': 'import "./node_modules/x/x.js"; import "./x.wasm";' };
    expect(await problemsOf({ ...files, 'node_modules/x/x.js': '', 'x.wasm': '' })).toEqual([]);
    expect(await problemsOf(files)).toHaveLength(2);
  });

  it('without pages is checked from each of its modules', async () => {
    expect(await problemsOf({ 'a.mjs': 'import "./gone.mjs"', 'classic.js': 'with (x) y' })).toEqual([
      'a.mjs:1:8: cannot find "./gone.mjs"',
    ]);
  });
});

it('missing files may be let by, syntax errors never', () => {
  const place = { path: 'a.mjs', line: 1, column: 2 };
  const missing = { kind: 'import', specifier: './b.mjs', ...place } as const;
  const syntax = { kind: 'syntax', message: 'Unexpected token', ...place } as const;
  expect(() => refuseBroken([missing], true)).not.toThrow();
  expect(() => refuseBroken([missing], false)).toThrow('a.mjs:1:2: cannot find "./b.mjs"');
  expect(() => refuseBroken([missing, syntax], true)).toThrow(
    expect.objectContaining({ code: 'syntax-invalid', found: [syntax] }) as Error,
  );
});

it('a file that changes after it was read stops the publish', async () => {
  const directory = await site({ 'a.mjs': 'export {};' });
  const read = await readSite(directory, DEFAULT_FILTER);
  const { hash } = read.manifest.modules.get('a.mjs')!;
  expect(Buffer.from(read.bytes(hash)).toString()).toBe('export {};');
  await writeFile(path.join(directory, 'a.mjs'), 'export { };');
  expect(() => read.bytes(hash)).toThrow(expect.objectContaining({ code: 'file-unstable' }) as Error);
});
