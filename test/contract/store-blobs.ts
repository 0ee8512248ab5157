import { describe, expect, test } from 'vitest';
import { UNPARSED, type Links } from '../../schema/index.js';
import type { Store } from '../../registry/store/store.js';
import { blobOf, hashOf } from './store-fixture.js';

const LINKS: Links = { state: 'linked', list: [{ kind: 'static', start: 7, end: 12, specifier: './é' }] };

export function blobContract(store: () => Store): void {
  describe('blobs', () => {
    test('are returned as stored, in the given order, without missing ones', async () => {
      const a = blobOf('import "./é"', LINKS);
      const b = blobOf('}', UNPARSED);
      const c = blobOf('', null);
      await store().putBlobs([a, b, c]);
      const unknown = blobOf('unknown');
      expect(await store().blobs([c.hash, unknown.hash, a.hash, b.hash])).toStrictEqual([c, a, b]);
      expect(await store().missing([a.hash, unknown.hash, unknown.hash])).toEqual([unknown.hash]);
      expect(await store().links([unknown.hash, a.hash, b.hash, c.hash])).toEqual(
        new Map([
          [a.hash, LINKS],
          [b.hash, UNPARSED],
          [c.hash, null],
        ]),
      );
    });

    test('may have any byte value, and sizes below and above a page', async () => {
      const sizes = [1, 255, 256, 4095, 4096, 4097, 300_000];
      const blobs = sizes.map((size) => {
        const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) & 0xff);
        return { hash: hashOf(bytes), bytes, links: null };
      });
      await store().putBlobs(blobs);
      expect(await store().blobs(blobs.map(({ hash }) => hash))).toStrictEqual(blobs);
    });

    test('keep their bytes when stored again, and get links if they had none', async () => {
      const bare = blobOf('import "./é"', null);
      await store().putBlobs([bare, bare]);
      await store().putBlobs([{ ...bare, bytes: new Uint8Array(12), links: LINKS }]);
      expect(await store().blobs([bare.hash])).toStrictEqual([{ ...bare, links: LINKS }]);
      await store().putBlobs([{ ...bare, links: null }]);
      await store().putBlobs([{ ...bare, links: UNPARSED }]);
      expect(await store().links([bare.hash])).toEqual(new Map([[bare.hash, LINKS]]));
    });

    test('are stored all or none', async () => {
      const good = blobOf('good');
      const bad = { ...blobOf('bad'), bytes: null as unknown as Uint8Array };
      await expect(store().putBlobs([good, bad])).rejects.toBeInstanceOf(TypeError);
      expect(await store().missing([good.hash])).toEqual([good.hash]);
    });

    test('do not change with the arrays that were passed in or returned', async () => {
      const blob = blobOf('steady');
      const kept = { ...blob, bytes: blob.bytes.slice() };
      await store().putBlobs([blob]);
      blob.bytes.fill(0);
      const [first] = await store().blobs([blob.hash]);
      first!.bytes.fill(0);
      expect(await store().blobs([blob.hash])).toStrictEqual([kept]);
    });

    test('are repaired in place, and only if they exist', async () => {
      const blob = blobOf('import "./é"', LINKS);
      await store().putBlobs([{ ...blob, bytes: new Uint8Array(3), links: null }]);
      await store().repairBlob(blob);
      expect(await store().blobs([blob.hash])).toStrictEqual([blob]);
      const unknown = blobOf('unknown');
      await expect(store().repairBlob(unknown)).rejects.toMatchObject({ code: 'blob-unknown' });
    });
  });
}
