import { beforeEach, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../../../registry/store/memory.js';
import type { Store } from '../../../../registry/store/store.js';
import { checkToken, createToken, parseScope, requireScope } from '../../../../registry/auth/tokens.js';
import { ModcastError } from '../../../../schema/index.js';

let store: Store;
beforeEach(async () => {
  store = await openMemoryStore();
});

const create = (scope: string[], expires: number | null = null) =>
  createToken(store, { scope, expires, note: '', now: 1000 });

describe('a new token', () => {
  it('is an id and 256 random bits; the store has only their hash', async () => {
    const { text, token } = await create(['read']);
    const [, id, secret] = /^mc_([0-9a-f]{16})_(.+)$/.exec(text)!;
    expect(id).toBe(token.id);
    expect(Buffer.from(secret!, 'base64url')).toHaveLength(32);
    const kept = JSON.stringify(await store.tokens());
    expect(kept).not.toContain(secret);
    expect((await create(['read'])).text).not.toBe(text);
  });

  it('is found only by its full text', async () => {
    const { text, token } = await create(['read']);
    expect(await checkToken(store, text, 2000)).toMatchObject({ id: token.id, scope: ['read'] });
    for (const wrong of ['', 'x', text.slice(0, -1), `${text}x`, text.replace('mc_', 'MC_')]) {
      await expect(checkToken(store, wrong, 2000)).rejects.toMatchObject({ code: 'token-invalid' });
    }
    const other = (await create(['read'])).text;
    const mixed = text.slice(0, 20) + other.slice(20);
    await expect(checkToken(store, mixed, 2000)).rejects.toMatchObject({ code: 'token-invalid' });
  });

  it('is valid until it expires or is revoked', async () => {
    const { text, token } = await create(['read'], 5000);
    await expect(checkToken(store, text, 4999)).resolves.toBeDefined();
    await expect(checkToken(store, text, 5000)).rejects.toMatchObject({ code: 'token-expired' });
    await store.revokeToken(token.id, 3000);
    await expect(checkToken(store, text, 4000)).rejects.toMatchObject({ code: 'token-revoked' });
  });

  it('does not reveal its state without the secret', async () => {
    const { text, token } = await create(['read']);
    await store.revokeToken(token.id, 3000);
    const guess = `mc_${token.id}_${'A'.repeat(43)}`;
    expect(guess).not.toBe(text);
    await expect(checkToken(store, guess, 4000)).rejects.toMatchObject({ code: 'token-invalid' });
  });
});

describe('a scope', () => {
  it.each(['read', 'publish:*', 'publish:production', 'publish:a.b_c-1'])('may be %s', (scope) => {
    expect(parseScope(scope)).toBe(scope);
  });

  it.each([
    '',
    'write',
    'publish',
    'publish:',
    'publish:A',
    'publish:a b',
    'publish:**',
    'read:*',
    'publish:*\n',
  ])('may not be %j', (scope) => {
    expect(() => parseScope(scope)).toThrow(expect.objectContaining({ code: 'scope-invalid' }) as Error);
  });

  const allows = async (scope: string[], wanted: string): Promise<boolean> => {
    const { text } = await create(scope);
    const token = await checkToken(store, text, 2000);
    try {
      requireScope(token, wanted);
      return true;
    } catch (error) {
      expect((error as ModcastError).code).toBe('token-narrow');
      return false;
    }
  };

  it.each([
    [['publish:production'], 'publish:production', true],
    [['publish:production'], 'publish:staging', false],
    [['publish:production'], 'publish:production2', false],
    [['publish:production'], 'publish:*', false],
    [['publish:production'], 'read', false],
    [['publish:*'], 'publish:staging', true],
    [['publish:*'], 'read', false],
    [['read'], 'publish:staging', false],
    [['read', 'publish:staging'], 'publish:staging', true],
  ])('of %j for %s: %s', async (scope, wanted, right) => {
    expect(await allows(scope, wanted)).toBe(right);
  });
});
