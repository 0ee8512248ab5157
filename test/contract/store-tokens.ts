import { describe, expect, test } from 'vitest';
import type { NewToken, Store } from '../../registry/store/store.js';

const token = (id: string, rest: Partial<NewToken> = {}): NewToken => ({
  id,
  hash: 'ab'.repeat(32),
  scope: ['publish:production', 'größe'],
  created: 1000,
  expires: null,
  note: 'for the build',
  ...rest,
});

export function tokenContract(store: () => Store): void {
  describe('tokens', () => {
    test('are returned as stored, in order of creation', async () => {
      const tokens = [
        token('b', { created: 2000, expires: 3000 }),
        token('c', { created: 1000, scope: [] }),
        token('__proto__', { note: '' }),
      ];
      for (const fresh of tokens) await store().putToken(fresh);
      const [b, c, proto] = tokens.map((fresh) => ({ ...fresh, revoked: null }));
      expect(await store().tokens()).toEqual([proto, c, b]);
      expect(await store().token('b')).toEqual(b);
      expect(await store().token('a')).toBeNull();
    });

    test('cannot be stored twice', async () => {
      await store().putToken(token('a'));
      await expect(store().putToken(token('a', { scope: ['all'] }))).rejects.toMatchObject({
        code: 'token-exists',
        found: 'a',
      });
      expect(await store().tokens()).toEqual([{ ...token('a'), revoked: null }]);
    });

    test('are revoked once and for all', async () => {
      await store().putToken(token('a'));
      await store().putToken(token('b'));
      const revoked = { ...token('a'), revoked: 5000 };
      expect(await store().revokeToken('a', 5000)).toEqual(revoked);
      expect(await store().revokeToken('a', 6000)).toEqual(revoked);
      expect(await store().tokens()).toEqual([revoked, { ...token('b'), revoked: null }]);
      expect(await store().revokeToken('c', 5000)).toBeNull();
    });
  });
}
