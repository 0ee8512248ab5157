import { describe, expect, it } from 'vitest';
import { modcast } from '../../cli/program.js';
import { open, site } from '../site.js';

/** Scripts that run in a page with `<script src>`, and are no modules. */
const SLOPPY: readonly (readonly [name: string, source: string])[] = [
  ['with', 'with (document) title = "x";'],
  ['an octal number', 'var mode = 0777;'],
  ['`await` as a name', 'var await = 1;'],
  ['a deleted name', 'x = 1; delete x;'],
  ['an HTML comment', '<!-- hidden\nvar a = 1;\n-->'],
  ['parameters of one name', 'function f(a, a) {}'],
];

describe('a script by what a page does with it, not by its ending', () => {
  it.each(SLOPPY)('a classic script with %s is no error', async (_, source) => {
    const page =
      '<!doctype html><script src="old.js"></script><script type="module" src="main.mjs"></script>';
    const directory = await site({ 'index.html': page, 'old.js': source, 'main.mjs': '1;' });
    expect((await open({ directory }).ready)!.problems).toEqual([]);
    const published = await modcast(directory, ['publish', '.']);
    expect([published.code, published.err]).toEqual([0, '']);
  });

  it.each(SLOPPY)('a module with %s is one, in a publish', async (_, source) => {
    const page = '<!doctype html><script type="module" src="old.js"></script>';
    const directory = await site({ 'index.html': page, 'old.js': source });
    const { code, err } = await modcast(directory, ['publish', '.']);
    expect(code).toBe(1);
    expect(err).toContain('syntax-invalid');
  });

  it('a file that is neither, and a `.mjs` that is no module, are errors', async () => {
    const directory = await site({
      'a.js': 'const = 1;',
      'b.mjs': 'with (a) b;',
      'c.js': 'export const = 1;',
    });
    const { problems } = (await open({ directory }).ready)!;
    expect(problems.map(({ path: name }) => name).toSorted()).toEqual(['a.js', 'b.mjs', 'c.js']);
  });
});
