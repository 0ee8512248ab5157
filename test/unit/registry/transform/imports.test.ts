import { describe, expect, it } from 'vitest';
import { ModuleTransformer } from '../../../../registry/transform/module-transformer.js';
import { codeOf, optionsOf, transformed } from './site.js';

const FILES = {
  'src/part.ts': '',
  'src/view.tsx': '',
  'src/lib/index.ts': '',
  'src/both.ts': '',
  'src/both.js': '',
  'src/style.css': '',
  'src/data.json': '',
  'src/note.glsl': '',
  'src/ä #.ts': '',
};
const given = { files: FILES, compilerOptions: { paths: { '@/*': ['src/*'], exact: ['src/part.ts'] } } };

const rewritten = async (specifier: string, path = 'src/main.ts'): Promise<string> => {
  const code = await codeOf(path, `import ${JSON.stringify(specifier)};`, given);
  return JSON.parse(/^import (".*");$/.exec(code)![1]!) as string;
};

describe('a specifier', () => {
  it.each([
    ['./part', './part.ts'],
    ['./part.js', './part.ts'],
    ['./view', './view.tsx'],
    ['./view.js', './view.tsx'],
    ['./view.jsx', './view.tsx'],
    ['./lib', './lib/index.ts'],
    ['./lib/', './lib/index.ts'],
    ['./both.js', './both.js'],
    ['./both', './both.ts'],
    ['@/lib', './lib/index.ts'],
    ['exact', './part.ts'],
    ['/src/part', './part.ts'],
    ['./%C3%A4 %23', './%C3%A4%20%23.ts'],
    ['./part.ts', './part.ts'],
    ['./none', './none'],
    ['react', 'react'],
    ['@/none', '@/none'],
    ['https://example.org/x.ts', 'https://example.org/x.ts'],
    ['./part?query', './part.ts?query'],
    ['./style.css', './style.css@style.js'],
    ['./data.json', './data.json@json.js'],
    ['./note.glsl?raw', './note.glsl@raw.js'],
    ['./style.css?inline', './style.css@inline.js'],
    ['./part.ts?worker', './part.ts@worker.js'],
    ['./logo.svg', './logo.svg@url.js'],
    ['@/logo.svg?url', './logo.svg@url.js'],
  ])('%s names %s', async (specifier, expected) => {
    expect(await rewritten(specifier)).toBe(expected);
  });

  it('leads up from a directory below', async () => {
    expect(await rewritten('../part', 'src/lib/index.ts')).toBe('../part.ts');
  });

  it('is the browser’s where the import has attributes', async () => {
    const source = `import a from "./style.css" with { type: "css" };`;
    expect(await codeOf('src/main.js', source, given)).toBe(source);
  });
});

it('is resolved in import.meta.hot.accept, too', async () => {
  const source = `import.meta.hot?.accept('./part', (a) => a); import.meta.hot!.accept(['./view', "./part.js", './none'], b);
if (import.meta.hot) import.meta.hot.accept(), import.meta.hot.accept((c) => './part');`;
  expect(await codeOf('src/main.ts', source, given)).toBe(
    `import.meta.hot?.accept("./part.ts", (a) => a);
import.meta.hot.accept([
"./view.tsx",
"./part.ts",
"./none"
], b);
if (import.meta.hot) import.meta.hot.accept(), import.meta.hot.accept((c) => "./part");`,
  );
});

it('leaves JavaScript without such imports as it is', async () => {
  const source = `import "./both.js"; import("./both.js"); import.meta.url; import.meta.environment;`;
  expect((await transformed('src/main.js', source, given)).code).toBeNull();
});

it('depends on the files that it has looked for', async () => {
  const { deps } = await transformed('src/main.ts', `import './later';`);
  expect(deps).toContainEqual({ exists: 'src/later.ts' });
});

describe('import.meta.env', () => {
  const recipe = { env: { development: { VITE_A: 'dev' }, production: { VITE_A: 'a"b' } } };
  const valueOf = async (text: string, mode: 'development' | 'production' = 'production') =>
    (await codeOf('m.js', `export default ${text};`, { recipe, mode })).replace(/^export default |;$/g, '');

  it('has the mode and the variables that pages may see', async () => {
    expect(await valueOf('import.meta.env.MODE')).toBe('"production"');
    expect(await valueOf('import.meta.env.DEV', 'development')).toBe('true');
    expect(await valueOf('import.meta.env.VITE_A')).toBe(String.raw`"a\"b"`);
    expect(await valueOf('import.meta.env["VITE_A"]', 'development')).toBe('"dev"');
    expect(await valueOf('import.meta.env.SECRET')).toBe('(void 0)');
    expect(await valueOf('import.meta.env')).toContain('"BASE_URL":"/"');
  });
});

describe('import.meta.glob', () => {
  const files = {
    'a.js': '',
    'dir/b.ts': '',
    'dir/c.ts': '',
    'dir/c.test.ts': '',
    'dir/deep/d.ts': '',
    'e.txt': '',
  };
  const globbed = async (call: string) => codeOf('a.js', `export default ${call};`, { files });

  it('is an object of functions that import', async () => {
    expect(await globbed(`import.meta.glob('./dir/*.ts')`)).toBe(
      `export default ({ "./dir/b.ts": () => import("./dir/b.ts"), ` +
        `"./dir/c.test.ts": () => import("./dir/c.test.ts"), "./dir/c.ts": () => import("./dir/c.ts") });`,
    );
  });

  it('takes negated patterns, and patterns from the root', async () => {
    const code = await globbed(`import.meta.glob(['/dir/**/*.ts', '!**/*.test.ts'], { import: 'x' })`);
    expect(code.match(/"\/dir[^"]*"/g)).toEqual(['"/dir/b.ts"', '"/dir/c.ts"', '"/dir/deep/d.ts"']);
    expect(code).toContain('.then((module) => module["x"])');
  });

  it('imports at once, and with a query', async () => {
    const code = await globbed(
      `import.meta.glob('./*.txt', { eager: true, query: '?raw', import: 'default' })`,
    );
    expect(code).toBe(
      `import { "default" as __glob_0 } from "./e.txt@raw.js"; export default ({ "./e.txt": __glob_0 });`,
    );
  });

  it('does not import the module itself, and depends on the pattern', async () => {
    const { code, deps } = await transformed('a.js', `import.meta.glob('./*.js')`, { files });
    expect(code).toBe('({  })');
    expect(deps).toContainEqual({ glob: '*.js' });
  });

  it('reports a pattern that is computed, at its place as written', async () => {
    const { problem, code } = await transformed('a.ts', 'const x: string = "";\n  import.meta.glob(x);\n', {
      files,
    });
    expect(problem).toMatchObject({ line: 2, column: 3, message: expect.stringContaining('literal') });
    expect(code).toMatch(/^throw new Error/);
  });
});

describe('the module of a file', () => {
  const moduleOf = async (kind: 'json' | 'style' | 'raw' | 'url', file: string, text: string) => {
    const options = optionsOf({ files: { [file]: text } });
    const module = { path: `${file}@${kind}.js`, kind, file };
    return new ModuleTransformer().virtual(module, await options.files.read(file), options);
  };

  it('of JSON has its members as exports', async () => {
    const { code } = await moduleOf('json', 'a.json', '{"a":1,"b-c":[2],"class":3}');
    const module = (await import(`data:text/javascript,${encodeURIComponent(code!)}`)) as object;
    expect({ ...module }).toEqual({ a: 1, default: { a: 1, 'b-c': [2], class: 3 } });
  });

  it('of JSON that does not parse throws, and is reported', async () => {
    const { code, problem } = await moduleOf('json', 'a.json', '{');
    expect(code).toMatch(/^throw new Error/);
    expect(problem).toMatchObject({ path: 'a.json', severity: 'error' });
  });

  it('of a style sheet finds files beside it', async () => {
    const css = `@import "base.css"; /* url(no.png) */ a { content: "url(no)"; b: url( './c d.png' ) url(/e.png) url(data:f) }`;
    const { code } = await moduleOf('style', 'src/a.css', css);
    expect(code!.match(/place\("[^"]*"\)/g)).toEqual(['place("./base.css")', 'place("./c d.png")']);
  });
});
