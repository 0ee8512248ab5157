import { blake3 } from '@noble/hashes/blake3.js';
import { lexModule } from '../../importmap/index.js';
import {
  EMPTY_MANIFEST,
  hashFromBytes,
  manifestBytes,
  type Hash,
  type Links,
  type Manifest,
  type ManifestModule,
} from '../../schema/index.js';
import type { Deploy, NewDeploy, Store, StoredBlob } from '../../registry/store/store.js';

/** Another implementation than the product's, as an oracle. */
export const hashOf = (bytes: Uint8Array): Hash => hashFromBytes(blake3(bytes));

const hashes = new Map<string, Hash>();

/** A blob of a module with the links that the lexer finds, or others. */
export function blobOf(text: string, given?: Links | null): StoredBlob {
  const bytes = new TextEncoder().encode(text);
  const links = given === undefined ? lexModule(bytes) : given;
  const hash = hashes.get(text) ?? hashOf(bytes);
  hashes.set(text, hash);
  return { hash, bytes, links };
}

export function moduleOf(text: string, type = 'text/javascript'): ManifestModule {
  const { hash, bytes } = blobOf(text);
  return { hash, size: bytes.length, type };
}

/** A manifest of paths and texts. Pairs, because an object would drop `__proto__`. */
export function manifestOf(
  texts: readonly [path: string, text: string][],
  site: Partial<Manifest> = {},
): Manifest {
  return {
    ...EMPTY_MANIFEST,
    ...site,
    modules: new Map(texts.map(([path, text]) => [path, moduleOf(text)])),
  };
}

export function deployOf(manifest: Manifest, rest: Partial<NewDeploy> = {}): NewDeploy {
  return {
    channel: 'dev',
    manifest,
    hash: hashOf(manifestBytes(manifest)),
    expected: null,
    time: 1000,
    author: 'ada',
    message: '',
    commit: null,
    ...rest,
  };
}

/** Stores the texts and makes them a channel's head. */
export async function publish(
  store: Store,
  texts: readonly [path: string, text: string][],
  rest: Partial<NewDeploy> = {},
): Promise<Deploy> {
  await store.putBlobs(texts.map(([, text]) => blobOf(text)));
  const head = await store.head(rest.channel ?? 'dev');
  const { deploy } = await store.commit(
    deployOf(manifestOf(texts), { expected: head?.number ?? null, ...rest }),
  );
  return deploy;
}
