import { describe, expect, it } from 'vitest';
import { lexModule } from '../../../../../importmap/index.js';
import { importPlace, linkPlace, type Source } from '../../../../../loader/hot/errors/import-place.js';

function source(path: string, text: string): Source {
  const bytes = Buffer.from(text);
  return { path, bytes, links: lexModule(bytes) };
}

/** In these tests each specifier resolves to a file of its name in the root. */
const targetOf = (specifier: string) => specifier.replace(/^\.\//, '');

function placed(message: string, ...sources: Source[]): string | undefined {
  const place = importPlace(message, sources, targetOf);
  return place && `${place.path}:${place.line}:${place.column}`;
}

const CHROMIUM = (name: string) =>
  `SyntaxError: The requested module 'b.mjs' does not provide an export named '${name}'`;
const FIREFOX = (name: string) =>
  `SyntaxError: The requested module 'b.mjs' doesn't provide an export named: '${name}'`;

describe.each([CHROMIUM, FIREFOX])('a missing export', (message) => {
  it('is found at the import, in any of the modules', () => {
    const ok = source('ok.mjs', `import { here } from './b.mjs';`);
    const bad = source(
      'a.mjs',
      `/* ü */\nimport { x } from './c.mjs';\nimport {\n  here,\n  gone as y,\n} from './b.mjs';`,
    );
    expect(placed(message('gone'), ok, bad)).toBe('a.mjs:5:3');
  });

  it('is found in a re-export, after a name with the same start, and as the default import', () => {
    expect(placed(message('gone'), source('a.mjs', `export { goner, gone } from './b.mjs';`))).toBe(
      'a.mjs:1:17',
    );
    expect(placed(message('default'), source('a.mjs', `import it from './b.mjs';`))).toBe('a.mjs:1:8');
    expect(placed(message('default'), source('a.mjs', `import { default as it } from './b.mjs';`))).toBe(
      'a.mjs:1:10',
    );
  });

  it('is not found in imports of another module, or of another name', () => {
    expect(
      placed(message('gone'), source('a.mjs', `import { gone } from './c.mjs'; import './b.mjs';`)),
    ).toBe(undefined);
  });
});

describe.each(['is not found.', 'cannot be resolved by star export entries.'])('of “%s”', (text) => {
  const message = `SyntaxError: Importing binding name 'gone' ${text}`;

  it('a missing export is found at the import from a module that does not have the name', () => {
    const both = source('a.mjs', `import { gone } from './has.mjs';\nimport { gone as y } from './b.mjs';`);
    const has = source('has.mjs', `export const gone = 1;`);
    const lacks = source('b.mjs', `export const goner = 1;`);
    expect(placed(message, both, has, lacks)).toBe('a.mjs:2:10');
    expect(placed(message, source('a.mjs', `import { gone } from './has.mjs';`), has)).toBe('a.mjs:1:10');
    expect(placed(message, has, lacks)).toBeUndefined();
  });
});

it('a bare specifier that no import map has is found at the import', () => {
  const a = source('a.mjs', `import 'dep';\nimport 'unmapped';`);
  for (const message of [
    `TypeError: Failed to resolve module specifier "unmapped". Relative references must start with either "/", "./", or "../".`,
    `TypeError: The specifier “unmapped” was a bare specifier, but was not remapped to anything.`,
    `TypeError: Module name, 'unmapped' does not resolve to a valid URL.`,
  ])
    expect(placed(message, a)).toBe('a.mjs:2:8');
});

it('other errors have no place', () => {
  expect(placed('TypeError: x is not a function', source('a.mjs', `import './b.mjs';`))).toBeUndefined();
});

it('an import is found by its specifier, import() too', () => {
  const a = source('a.mjs', `import './c.mjs';\n  import('./b.mjs');`);
  expect(linkPlace(a, (specifier) => specifier === './b.mjs')).toMatchObject({ line: 2, column: 3 });
  expect(linkPlace(a, () => false)).toBeUndefined();
});
