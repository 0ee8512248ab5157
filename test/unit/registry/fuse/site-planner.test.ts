import { describe, expect, it } from 'vitest';
import { PLACEHOLDER_ROOT } from '../../../../importmap/index.js';
import { readRecord } from '../../../../registry/fuse/module-record.js';
import { SitePlanner, type SitePlan } from '../../../../registry/fuse/site-planner.js';
import { blake3 } from '../../../../registry/hash.js';
import type { Hash, Manifest } from '../../../../schema/index.js';

const NONE = new Map<string, string>();
const sources = new Map<Hash, string>();
const recordOf = (hash: Hash) => readRecord(sources.get(hash)!);

function manifest(files: Record<string, string>, entries = ['main.mjs']): Manifest {
  const modules = Object.entries(files).map(([path, text]) => {
    const bytes = new TextEncoder().encode(text);
    const hash = blake3(bytes);
    sources.set(hash, text);
    return [path, { hash, size: bytes.length, type: 'text/javascript' }] as const;
  });
  return { modules: new Map(modules), entries, importMap: null };
}

const SITE = {
  'main.mjs': `import { a } from './a.mjs';\nimport { late } from './b.mjs';\nlate(a);`,
  'a.mjs': `import { c } from './c.mjs';\nexport const a = c;`,
  'b.mjs': `export const late = () => import('./page.mjs');`,
  'c.mjs': `export const c = 1;`,
  'page.mjs': `import { c } from './c.mjs';\nimport { deep } from './deep.mjs';\nexport { c, deep };`,
  'deep.mjs': `export const deep = import.meta.url;`,
};

/** What a plan says, without how it came about. */
const saidBy = ({ plan: { runs, singles, order }, recipes, exports }: SitePlan) => ({
  runs,
  singles,
  order,
  recipes,
  exports,
});

/** Plans one version after the other, and each for itself. */
function planAfter(versions: readonly Manifest[], refused: readonly ReadonlyMap<string, string>[] = []) {
  const planner = new SitePlanner(PLACEHOLDER_ROOT);
  let last!: SitePlan;
  for (const [at, version] of versions.entries()) {
    last = planner.plan(version, recordOf, refused[at] ?? NONE);
    const alone = new SitePlanner(PLACEHOLDER_ROOT).plan(version, recordOf, refused[at] ?? NONE);
    expect(saidBy(last)).toEqual(saidBy(alone));
  }
  return last;
}

describe('a plan after another one is that of the deploy alone', () => {
  const edits: Record<string, Record<string, string>> = {
    'a text': { 'c.mjs': `// more\nexport const c = 2;` },
    'texts in two runs': {
      'c.mjs': `export const c = 3;`,
      'deep.mjs': `\n\nexport const deep = import.meta.url;`,
    },
    'another place of an import': { 'a.mjs': `/* moved */ import { c } from './c.mjs'; export const a = c;` },
    'another import.meta': { 'deep.mjs': `export const deep = [import.meta.url, import.meta];` },
    'a new export': { 'c.mjs': `export const c = 1, d = 2;` },
    'a new import': { 'a.mjs': `import './deep.mjs';\nexport const a = 1;` },
    'one import less': { 'a.mjs': `export const a = 1;` },
    'another name of an import': { 'a.mjs': `import { c as d } from './c.mjs';\nexport const a = d;` },
    'a new import()': { 'c.mjs': `export const c = () => import('./deep.mjs');` },
    'a top-level await': { 'c.mjs': `export const c = await 1;` },
    'a syntax error': { 'c.mjs': `export const c = ;` },
    'a new module': { 'new.mjs': `export {};` },
    'a size that moves a cut': { 'c.mjs': `export const c = 1;//${'.'.repeat(1024 * 1024)}` },
  };
  for (const [what, edit] of Object.entries(edits)) {
    it(`after ${what}, and back`, () => {
      const before = manifest(SITE);
      planAfter([before, manifest({ ...SITE, ...edit }), before]);
    });
  }

  it('after a deletion', () => {
    const { 'deep.mjs': _, ...rest } = SITE;
    planAfter([manifest(SITE), manifest(rest), manifest(SITE)]);
  });

  it('with another entry, or an import map', () => {
    const site = manifest(SITE);
    const importMap = { imports: { './c.mjs': './deep.mjs' } };
    planAfter([site, manifest(SITE, ['main.mjs', 'page.mjs']), { ...site, importMap }, site]);
  });

  it('when a module refuses to be joined', () => {
    const site = manifest(SITE);
    const last = planAfter([site, site], [NONE, new Map([['c.mjs', 'assigns to an import']])]);
    expect(last.plan.singles.get('c.mjs')).toBe('assigns to an import');
  });
});

it('names the runs that a text changes', () => {
  const planner = new SitePlanner(PLACEHOLDER_ROOT);
  expect(planner.plan(manifest(SITE), recordOf, NONE).changed).toBeNull();
  const text = planner.plan(manifest({ ...SITE, 'deep.mjs': '// \nexport const deep = 1;' }), recordOf, NONE);
  expect([...text.changed!]).toEqual(['page.mjs']);
  expect(planner.plan(manifest(SITE), recordOf, NONE).changed).not.toBeNull();
});

it('plans a cycle so that it is entered as natively', () => {
  const { plan } = new SitePlanner(PLACEHOLDER_ROOT).plan(
    manifest({
      'main.mjs': `import './top.mjs';`,
      'top.mjs': `import './a.mjs';`,
      'a.mjs': `import './b.mjs';\nimport './c.mjs';`,
      'b.mjs': `import './a.mjs';`,
      'c.mjs': `export {};`,
    }),
    recordOf,
    NONE,
  );
  // Evaluated: b, c, a. An import of b before the others would evaluate a before b.
  expect(plan.order.get('main.mjs')).toEqual(['a.mjs', 'c.mjs', 'main.mjs']);
});
