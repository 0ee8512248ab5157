import fc from 'fast-check';
import { expect } from 'vitest';
import { isPath, type ErrorCode, type Link, type Links, type Manifest } from '../../../schema/index.js';

export const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));

/** Paths of a few names, which are often equal, and paths of any characters. */
export const path = fc
  .oneof(
    fc.constantFrom('a.mjs', 'lib/a.mjs', 'lib/b.mjs', 'é/😀.js', '%2e%2e/x', 'c:/x', '__proto__', '1'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).map((text) => text.normalize('NFC')),
  )
  .filter(isPath);

export const natural = fc.oneof(fc.nat(1000), fc.maxSafeNat());

const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => value.isWellFormed());

/** Links of a blob of any size, in order and not overlapping. */
export const links: fc.Arbitrary<Links> = fc
  .array(
    fc.tuple(
      fc.constantFrom('static', 'dynamic', 'phase', 'meta', 'source-map', 'source-url'),
      fc.oneof(fc.nat(300), fc.nat(100_000)),
      fc.nat(300),
      fc.option(text, { nil: undefined }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => {
    let last = 0;
    const list = parts.map(([kind, gap, length, specifier]): Link => {
      const start = last + gap;
      const end = (last = start + length);
      if (kind === 'meta' || kind === 'source-url') return { kind, start, end };
      if (kind === 'static' || kind === 'source-map') return { kind, start, end, specifier: specifier ?? '' };
      return (specifier === undefined ? { kind, start, end } : { kind, start, end, specifier }) as Link;
    });
    return { state: 'linked', list };
  });

const importMap = fc.option(
  fc.dictionary(text, fc.oneof(text, fc.constant(null), fc.dictionary(text, text, { maxKeys: 3 })), {
    maxKeys: 4,
  }),
);

/** Equal hashes have equal sizes, as in a store. */
export const manifest: fc.Arbitrary<Manifest> = fc
  .record({
    rows: fc.array(
      fc.tuple(path, fc.oneof(hash, fc.constant('0'.repeat(64))), fc.constantFrom('text/css', 'a/b+c')),
      {
        maxLength: 12,
      },
    ),
    entries: fc.uniqueArray(path, { maxLength: 4 }),
    importMap,
  })
  .map(({ rows, entries, importMap: map }) => ({
    modules: new Map(
      rows.map(([name, digest, type]) => [
        name,
        { hash: digest, size: parseInt(digest.slice(0, 8), 16), type },
      ]),
    ),
    entries,
    importMap: map,
  }));

/** Expects an error with this code. */
export const coded = (code: ErrorCode): unknown => expect.objectContaining({ name: 'ModcastError', code });
