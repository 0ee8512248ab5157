import { describe, expect, it } from 'vitest';
import { ModuleTransformer } from '../../../../registry/transform/module-transformer.js';
import { readRecipe, type Transform } from '../../../../registry/transform/index.js';
import { site } from '../site.js';
import { codeOf, optionsOf } from './site.js';

const recipe = { define: { APP: '"one"', 'process.env': '({})' } };

describe('define', () => {
  it.each(['main.ts', 'main.js'])('replaces expressions, but no local variables, in %s', async (path) => {
    const code = await codeOf(path, `log(APP, process.env.X, ((APP) => APP)(2), { APP }, it.APP);`, {
      recipe,
    });
    expect(code.replace(/\s+/g, '')).toBe('log("one",{}.X,((APP)=>APP)(2),{APP:"one"},it.APP);');
  });

  it.each(['development', 'production'] as const)('has process.env.NODE_ENV in %s', async (mode) => {
    expect(await codeOf('main.js', `log(process.env.NODE_ENV);`, { mode })).toBe(`log("${mode}");`);
  });

  it('leaves other code as it is, byte for byte', async () => {
    const source = 'log ( 1 );  // APPLE\n';
    const { code } = await new ModuleTransformer().transform(source, 'main.js', optionsOf({}));
    expect(code).toBeNull();
  });
});

describe('the key modcast of package.json', () => {
  const read = async (modcast: unknown) => {
    const files = { 'package.json': JSON.stringify({ modcast }) };
    return readRecipe(await site(files), Object.keys(files));
  };

  it('is in the recipe: strings are JavaScript, other values stand for themselves', async () => {
    const { recipe: found, problems } = await read({
      alias: { '@/': './src/', react: 'preact/compat' },
      define: { A: 'b', C: { d: 1 }, E: true },
    });
    expect(problems).toEqual([]);
    expect(found).toMatchObject({
      alias: { '@': './src', react: 'preact/compat' },
      define: { A: 'b', C: '{"d":1}', E: 'true' },
    });
  });

  it.each([
    [{ alais: {} }, '"modcast" has no setting "alais"; did you mean "alias"?'],
    [{ alias: { a: 1 } }, '"modcast" must map the alias "a" to a string'],
    ['x', '"modcast" must be an object'],
    [null, '"modcast" must be an object'],
    [[], '"modcast" must be an object'],
    ...['alias', 'define'].flatMap((key) =>
      [null, 'x', 1, [['a', 'b']]].map((value): [unknown, string] => [
        { [key]: value },
        `"modcast.${key}" must be an object`,
      ]),
    ),
  ] as [unknown, string][])('that is wrong is reported: %j', async (value, message) => {
    const { recipe: found, problems } = await read(value);
    expect(problems.map((one) => `${one.path} ${one.message}`)).toEqual([`package.json ${message}`]);
    expect([found?.alias ?? {}, found?.define ?? {}]).toEqual([{}, {}]);
  });
});

describe('an alias', () => {
  const given = {
    files: { 'src/view.ts': '', 'src/a/style.css': '' },
    recipe: { alias: { '@': './src', react: 'preact/compat', '~view': './src/view' } },
  };
  it.each([
    ['@/view', './view.ts'],
    ['~view', './view.ts'],
    ['@/a/style.css', './a/style.css@style.js'],
    ['react', 'preact/compat'],
    ['react/jsx-runtime', 'preact/compat/jsx-runtime'],
    ['reactive', 'reactive'],
    ['@scope/view', '@scope/view'],
  ])('%s means %s', async (specifier, target) => {
    expect(await codeOf('src/main.js', `import '${specifier}';`, given)).toMatch(
      new RegExp(`^import ["']${target}["'];$`),
    );
  });

  it('counts in import.meta.glob', async () => {
    const code = await codeOf('src/main.js', `log(import.meta.glob('@/a/*.css', { query: '?raw' }));`, given);
    expect(code).toContain('import("./a/style.css@raw.js")');
  });
});

it('a transform can return TSX, which is then transformed', async () => {
  const component: Transform = {
    name: 'svg',
    version: '1',
    filter: (path) => path.endsWith('.svg'),
    transform: (source) => ({
      code: `export default (p: object) => ${source};`,
      map: null,
      lang: 'tsx',
    }),
  };
  const { code, problem } = await new ModuleTransformer([component]).transform(
    '<svg/>',
    'a.svg',
    optionsOf({}),
  );
  expect(problem).toBeUndefined();
  expect(code).toContain('_jsx("svg", {})');
});
