import { LIMITS } from '../../../schema/index.js';
import { SizedCache } from '../../pages/sized-cache.js';
import { takes } from './answer.js';
import { dictionaryDelta, dictionaryHash } from './dictionary-delta.js';

/** Runs and facades that browsers have, from which they make newer versions of them. */
export class RunDictionaries {
  /** By the name that browsers have for it, which they prove to know. */
  readonly #known = new SizedCache<string, { readonly bytes: Uint8Array; readonly hash: Buffer }>(
    LIMITS.derivedCacheBytes,
  );
  readonly #names = new WeakMap<Uint8Array, string>();
  /** By the newer version, and the name of the older one. Null where it would save little. */
  readonly #deltas = new WeakMap<Uint8Array, SizedCache<string, Uint8Array | null>>();

  /** Call it for what browsers get. */
  learn(bytes: Uint8Array): void {
    if (!this.#names.has(bytes)) this.#name(bytes);
  }

  /** Makes what has changed between two versions before it is asked for. */
  prepare(before: Uint8Array, bytes: Uint8Array): void {
    this.#delta(this.#names.get(before) ?? this.#name(before), bytes);
  }

  /** What has changed since the version that the browser has; undefined where that is not known. */
  delta(request: Request, bytes: Uint8Array): Uint8Array | undefined {
    // A byte sequence of RFC 9651.
    const name = /^:([A-Za-z\d+/]{43}=):$/.exec(request.headers.get('Available-Dictionary') ?? '')?.[1];
    return name !== undefined && takes(request, 'dcz') ? this.#delta(name, bytes) : undefined;
  }

  #name(bytes: Uint8Array): string {
    const hash = dictionaryHash(bytes);
    const name = hash.toString('base64');
    this.#names.set(bytes, name);
    this.#known.set(name, { bytes, hash }, bytes.length);
    return name;
  }

  #delta(name: string, bytes: Uint8Array): Uint8Array | undefined {
    const dictionary = this.#known.get(name);
    if (dictionary === undefined) return undefined;
    const deltas = this.#deltas.get(bytes) ?? new SizedCache<string, Uint8Array | null>(DELTAS_BYTES);
    this.#deltas.set(bytes, deltas);
    let delta = deltas.get(name);
    if (delta === undefined) {
      delta = dictionaryDelta(bytes, dictionary);
      // Others are not kept, and to make them for each request would block the server.
      if (delta.length > bytes.length / LEAST_GAIN) delta = null;
      deltas.set(name, delta, delta?.length ?? 0);
    }
    return delta ?? undefined;
  }
}

/** Of all deltas to one version. */
const DELTAS_BYTES = 256 * 1024;

/** How much smaller than its text a delta has to be: gzip is about four times smaller. */
const LEAST_GAIN = 8;

/**
 * Lets the browser keep a run or a facade for its newer versions, unless its URL has characters with a
 * meaning in patterns.
 *
 * @param folder of versions, as browsers see it
 * @param name path of the module, as in its URL
 */
export function keepAsDictionary(headers: Headers, folder: string, name: string): void {
  headers.append('Vary', 'Available-Dictionary');
  if (/^[\w./~-]+$/.test(folder + name)) headers.set('Use-As-Dictionary', `match="${folder}*/${name}"`);
}
