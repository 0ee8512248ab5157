import { describe, expect, it } from 'vitest';
import { ExportResolver } from '../../../../registry/fuse/resolve-export.js';
import { graphOf, type Files } from './fuse-site.js';

const resolverOf = (files: Files) => new ExportResolver(graphOf(files));

describe('an exported name', () => {
  it('leads to the module that defines it', () => {
    const exports = resolverOf({
      'a.mjs': `export { b as a } from './b.mjs'; export * as space from './c.mjs';`,
      'b.mjs': `export * from './c.mjs'; export const own = 1;`,
      'c.mjs': `export const b = 1; export default 2;`,
    });
    expect(exports.resolve('a.mjs', 'a')).toEqual({ path: 'c.mjs', name: 'b' });
    expect(exports.resolve('a.mjs', 'space')).toEqual({ path: 'c.mjs', name: '*' });
    expect([...exports.names('b.mjs')].sort()).toEqual(['b', 'own']);
    expect(exports.resolve('b.mjs', 'default')).toBeNull();
  });

  it('is no conflict when two export * reach the same binding', () => {
    const exports = resolverOf({
      'a.mjs': `export * from './b.mjs'; export * from './c.mjs';`,
      'b.mjs': `export * from './d.mjs';`,
      'c.mjs': `export { d } from './d.mjs';`,
      'd.mjs': `export const d = 1;`,
    });
    expect(exports.resolve('a.mjs', 'd')).toEqual({ path: 'd.mjs', name: 'd' });
    expect(exports.conflicts('a.mjs')).toEqual([]);
  });

  it('is left out where two modules define it, unless the module itself does', () => {
    const files = { 'b.mjs': `export const d = 1;`, 'c.mjs': `export const d = 2;` };
    const stars = `export * from './b.mjs'; export * from './c.mjs';`;
    const exports = resolverOf({ ...files, 'a.mjs': stars, 'own.mjs': `${stars} export const d = 3;` });
    expect(exports.resolve('a.mjs', 'd')).toBeNull();
    expect(exports.conflicts('a.mjs')).toEqual(['d']);
    expect(exports.resolve('own.mjs', 'd')).toEqual({ path: 'own.mjs', name: 'd' });
  });

  it('is missing where a cycle of re-exports defines it nowhere', () => {
    const exports = resolverOf({
      'a.mjs': `export { x } from './b.mjs';`,
      'b.mjs': `export { x } from './a.mjs'; export * from './a.mjs';`,
    });
    expect(exports.resolve('a.mjs', 'x')).toBeNull();
  });

  it('may come from outside of the site', () => {
    const exports = resolverOf({ 'a.mjs': `export * from 'https://cdn.invalid/x.mjs';` });
    expect(exports.isOpaque('a.mjs')).toBe(true);
    expect(exports.resolve('a.mjs', 'x')).toEqual({ path: 'a.mjs', name: 'x' });
  });
});
