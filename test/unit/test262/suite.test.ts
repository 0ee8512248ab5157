import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFrontmatter } from '../../test262/frontmatter.js';
import { readSuite } from '../../test262/suite.js';
import { testPage } from '../../test262/test-page.js';

const SUITE = path.join(import.meta.dirname, '../../fixtures/test262');

describe('the frontmatter of a test', () => {
  const read = (yaml: string, end = '\n') =>
    readFrontmatter(`// c${end}/*---${end}${yaml.replaceAll('\n', end)}${end}---*/${end}code`, 'a.js');

  it('has flags, includes and the expected error, in each form of YAML and with each line end', () => {
    const none = { flags: [], includes: [], negative: null };
    expect(read('description: >\n  flags: [raw]\nfeatures: [x]')).toEqual(none);
    expect(read('')).toEqual(none);
    for (const end of ['\n', '\r\n']) {
      expect(
        read(
          'flags: [module, async]\nincludes:\n  - a.js\nnegative:\n  phase: parse\n  type: SyntaxError',
          end,
        ),
      ).toEqual({ flags: ['module', 'async'], includes: ['a.js'], negative: 'SyntaxError' });
    }
  });

  it('fails with the name of the file if it is missing or has another shape', () => {
    expect(() => readFrontmatter('code', 'a.js')).toThrow('a.js has no frontmatter between /*--- and ---*/.');
    expect(() => read('flags: module')).toThrow('a.js: “flags” in its frontmatter is not a list of names.');
    expect(() => read('includes: [1]')).toThrow('“includes”');
    expect(() => read('negative:\n  phase: parse')).toThrow('“negative” in its frontmatter has no “type”');
  });
});

describe('readSuite', () => {
  it('finds each run of each test of the module directories, and the fixtures', async () => {
    const { scenarios, fixtures } = await readSuite(SUITE, 'dynamic-import');
    expect(scenarios.map(({ file, mode }) => `${path.basename(file)} ${mode}`)).toEqual([
      'async-fails.js sloppy',
      'async-throws.js sloppy',
      'both-modes.js sloppy',
      'both-modes.js strict',
      'sloppy.js sloppy',
      'strict.js strict',
      'syntax.js sloppy',
      'syntax.js strict',
    ]);
    expect(fixtures.map((file) => path.basename(file))).toEqual([
      'data_FIXTURE.json',
      'empty_FIXTURE.js',
      'value_FIXTURE.js',
      'named_FIXTURE.js',
    ]);
    const modules = await readSuite(SUITE, 'module-code');
    expect(new Set(modules.scenarios.map(({ mode }) => mode))).toEqual(new Set(['module']));
  });

  it('says what is wrong with a directory that is no checkout, and with a filter that matches nothing', async () => {
    const clone = 'Clone https://github.com/tc39/test262 and pass the directory of the clone to --suite.';
    await expect(readSuite('/no/such', '')).rejects.toThrow(`There is no directory /no/such. ${clone}`);
    const empty = await mkdtemp(path.join(tmpdir(), 'modcast-'));
    await expect(readSuite(empty, '')).rejects.toThrow(`There is no harness/assert.js in ${empty}. ${clone}`);
    await rm(empty, { recursive: true });
    await expect(readSuite(SUITE, 'nothing')).rejects.toThrow(/No test .* has “nothing” in its path/);
  });
});

describe('the page of a test', () => {
  const scenario = { file: 'test/x/a#1.js', flags: [], includes: [], negative: null } as const;
  const sources = (page: string) => [...page.matchAll(/src="([^"]+)"/g)].map(([, src]) => src);

  it('loads the host, the harness, and the test last', () => {
    const flags = ['async'];
    expect(sources(testPage({ ...scenario, flags, mode: 'strict', includes: ['extra.js'] }))).toEqual([
      '/host.js',
      '/harness/assert.js',
      '/harness/sta.js',
      '/harness/doneprintHandle.js',
      '/harness/extra.js',
      './a%231.js.strict.js',
    ]);
    expect(sources(testPage({ ...scenario, mode: 'sloppy' })).at(-1)).toBe('./a%231.js');
  });

  it('has no harness for a raw test, and imports a module to learn how it ends', () => {
    const page = testPage({ ...scenario, flags: ['module', 'raw'], mode: 'module' });
    expect(sources(page)).toEqual(['/host.js', './a%231.js']);
    expect(page).toContain('<script type="module" src="./a%231.js"></script>');
    expect(page).toContain('import("./a%231.js").then(');
  });
});
