import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EMPTY_MANIFEST,
  LIMITS,
  applyDelta,
  diffManifests,
  manifestBytes,
  manifestFromJson,
  manifestToJson,
  type Manifest,
  type ManifestDelta,
} from '../../../schema/index.js';
import { coded, manifest } from './arbitraries.js';

const HASH = '0'.repeat(64);
const text = (value: Manifest) => Buffer.from(manifestBytes(value)).toString();
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** The same manifest with all parts in another order. */
function reversed({ modules, entries, importMap }: Manifest): Manifest {
  const turn = (value: unknown): unknown =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .toReversed()
            .map(([key, inner]) => [key, turn(inner)]),
        )
      : value;
  return {
    modules: new Map([...modules].toReversed()),
    entries: entries.toReversed(),
    importMap: turn(importMap) as Manifest['importMap'],
  };
}

describe('the canonical bytes', () => {
  it('do not depend on the order of insertion', () => {
    fc.assert(
      fc.property(manifest, (value) => {
        expect(text(reversed(value))).toBe(text(value));
      }),
    );
  });

  it('are JSON from which the manifest can be read again', () => {
    fc.assert(
      fc.property(manifest, (value) => {
        const again = manifestFromJson(JSON.parse(text(value)));
        expect(text(again)).toBe(text(value));
        expect(again.modules).toEqual(value.modules);
      }),
    );
  });

  it('never change for a manifest, so hashes stay the same across versions', () => {
    const module = { hash: HASH, size: 1, type: 'text/javascript' };
    const importMap = { imports: { b: '/b', '10': '/t', a: null }, A: [{ z: 1, y: 2 }] };
    const modules = new Map([
      ['é', module],
      ['b', { ...module, size: 2 }],
      ['B', { ...module, type: 'text/css' }],
    ]);
    expect(text({ modules, entries: ['é', 'b'], importMap })).toBe(
      '{"modcast":1,"entries":["b","é"],"importMap":{"A":[{"y":2,"z":1}],"imports":{"10":"/t","a":null,"b":"/b"}},' +
        `"modules":[["B","${HASH}",1,"text/css"],["b","${HASH}",2,"text/javascript"],["é","${HASH}",1,"text/javascript"]]}`,
    );
    expect(text(EMPTY_MANIFEST)).toBe('{"modcast":1,"entries":[],"importMap":null,"modules":[]}');
  });

  it('keep a key __proto__ of the import map', () => {
    const importMap = JSON.parse('{"__proto__":{"b":1,"a":2}}') as Manifest['importMap'];
    expect(text({ ...EMPTY_MANIFEST, importMap })).toContain('"importMap":{"__proto__":{"a":2,"b":1}}');
  });
});

describe('a difference', () => {
  it('turns the first manifest into the second', () => {
    fc.assert(
      fc.property(manifest, manifest, (from, to) => {
        const delta = json(diffManifests(from, to)) as ManifestDelta;
        expect(text(applyDelta(from, delta))).toBe(text(to));
      }),
    );
  });

  it('has only what changed', () => {
    fc.assert(
      fc.property(manifest, manifest, (from, to) => {
        expect(diffManifests(to, to)).toMatchObject({ set: [], delete: [] });
        const { set, delete: gone } = diffManifests(from, to);
        for (const [name, hash, , type] of set) {
          const old = from.modules.get(name);
          expect(old?.hash === hash && old.type === type).toBe(false);
        }
        for (const name of gone) expect(from.modules.has(name) && !to.modules.has(name)).toBe(true);
      }),
    );
  });

  it('does not change the first manifest', () => {
    fc.assert(
      fc.property(manifest, manifest, (from, to) => {
        const before = text(from);
        applyDelta(from, diffManifests(from, to));
        expect(text(from)).toBe(before);
      }),
    );
  });
});

const row = (...change: [index: number, value: unknown][]) => {
  const made: unknown[] = ['a.mjs', HASH, 1, 'text/javascript'];
  for (const [index, value] of change) made[index] = value;
  return made;
};
const ROWS: [string, unknown][] = [
  ['no list', {}],
  ['null', null],
  ['an incomplete row', ['a.mjs']],
  ['a short row', [row().slice(0, 3)]],
  ['a long row', [[...row(), 1]]],
  ['a row as an object', [{ path: 'a' }]],
  ['a path with ..', [row([0, '../a'])]],
  ['a path that is a number', [row([0, 1])]],
  ['a hash in capitals', [row([1, 'A'.repeat(64)])]],
  ['no hash', [row([1, null])]],
  ['a negative size', [row([2, -1])]],
  ['half a byte', [row([2, 0.5])]],
  ['a size that is text', [row([2, '1'])]],
  ['a size past 2^53', [row([2, 2 ** 53])]],
  ['a type with parameters', [row([3, 'text/css;a=b'])]],
  ['a type with a line break', [row([3, 'text/css\n'])]],
  ['no type', [row([3, ''])]],
  ['a path twice', [row(), row()]],
  ['too many', { length: LIMITS.manifestModules + 1 }],
];
const PATHS: [string, unknown][] = [
  ['no list', 'a'],
  ['a number', [1]],
  ['an absolute path', ['/a']],
  ['an empty path', ['']],
  ['nothing', undefined],
];
const MAPS: [string, unknown][] = [
  ['a list', []],
  ['text', '{}'],
  ['a number', 1],
  ['nothing', undefined],
];

describe('malformed JSON is refused', () => {
  const whole = { modcast: 1, entries: [], importMap: null, modules: [] };
  const refused = coded('manifest-invalid');
  const many = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && 'length' in value && !Array.isArray(value)
      ? Array.from(value as ArrayLike<unknown>)
      : value;

  it('as a whole', () => {
    for (const value of [
      undefined,
      null,
      1,
      'x',
      [],
      {},
      { ...whole, modcast: 2 },
      { ...whole, modcast: '1' },
    ]) {
      expect(() => manifestFromJson(value), JSON.stringify(value)).toThrow(refused);
    }
  });

  it.each(ROWS)('modules: %s', (_, rows) => {
    expect(() => manifestFromJson({ ...whole, modules: many(rows) })).toThrow(refused);
    const delta = { ...diffManifests(EMPTY_MANIFEST, EMPTY_MANIFEST), set: many(rows) };
    expect(() => applyDelta(EMPTY_MANIFEST, delta as ManifestDelta)).toThrow(refused);
  });

  it.each(PATHS)('paths: %s', (_, paths) => {
    expect(() => manifestFromJson({ ...whole, entries: paths })).toThrow(refused);
    for (const name of ['entries', 'delete']) {
      const delta = { ...diffManifests(EMPTY_MANIFEST, EMPTY_MANIFEST), [name]: paths };
      expect(() => applyDelta(EMPTY_MANIFEST, delta as ManifestDelta)).toThrow(refused);
    }
  });

  it.each(MAPS)('import map: %s', (_, importMap) => {
    expect(() => manifestFromJson({ ...whole, importMap })).toThrow(refused);
    const delta = { ...diffManifests(EMPTY_MANIFEST, EMPTY_MANIFEST), importMap };
    expect(() => applyDelta(EMPTY_MANIFEST, delta as ManifestDelta)).toThrow(refused);
  });

  it('any JSON is a manifest or refused', () => {
    const value = fc.record({
      modcast: fc.constantFrom<unknown[]>(1, 2),
      entries: fc.jsonValue(),
      importMap: fc.jsonValue(),
      modules: fc.oneof(fc.jsonValue(), fc.array(fc.array(fc.jsonValue(), { maxLength: 5 }))),
    });
    fc.assert(
      fc.property(fc.oneof(value, fc.jsonValue()), (made) => {
        try {
          const { modcast, entries, importMap, modules } = manifestToJson(manifestFromJson(made));
          expect(json({ modcast, entries, importMap, modules })).toBeTruthy();
        } catch (error) {
          expect(error).toEqual(refused);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('unknown keys are ignored', () => {
    expect(manifestToJson(manifestFromJson({ ...whole, more: 1 }))).toEqual(manifestToJson(EMPTY_MANIFEST));
    expect(manifestToJson(EMPTY_MANIFEST)).toEqual(whole);
  });
});
