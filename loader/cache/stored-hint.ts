import { isHash, type Hash } from '../../schema/hash.js';

/** A manifest and its fusion, as the server is told. */
export interface Had {
  readonly have: Hash | null;
  readonly fusion: Hash | null;
}

export const NOTHING: Had = { have: null, fusion: null };

/** Where `localStorage` names what was stored last: `<registry> <manifest> <fusion>`. */
export const hintKey = (prefix: string, channel: string): string => `modcast ${prefix} ${channel}`;

/** What was stored last, before IndexedDB is open. Nothing where the page may not read it. */
export function readHint(key: string, registry: string | null | undefined): Had {
  try {
    const [owner, have, fusion] = globalThis.localStorage.getItem(key)!.split(' ');
    if (owner !== registry || !isHash(have)) return NOTHING;
    return { have, fusion: isHash(fusion) ? fusion : null };
  } catch {
    return NOTHING;
  }
}
