import type { Hash, Hasher } from '../../schema/hash.js';
import { manifestBytes, manifestFromJson, type Manifest } from '../../schema/manifest.js';
import { PackDecoder, type PackRecord } from '../../schema/pack.js';
import type { LoaderConfig } from '../config.js';
import type { Release } from './channel-client.js';
import { readSegment } from './segment.js';

export interface FetchOptions {
  readonly config: LoaderConfig;
  readonly hasher: Hasher;
  readonly fetch: typeof globalThis.fetch;
}

/** How often an HTTP answer may take as long as an open socket may say nothing. */
const PATIENCE = 2;

/**
 * Requests a file below the registry's prefix, chunk by chunk. Ends when no byte comes for too long.
 *
 * @throws DOMException `AbortError`; TypeError when the network is down
 */
async function request(
  { config, fetch }: FetchOptions,
  path: string,
  take: (chunk: Uint8Array<ArrayBuffer>) => unknown,
  cache: RequestCache = 'default',
): Promise<Response> {
  const quiet = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => quiet.abort(), config.stall * PATIENCE);
  };
  try {
    listen();
    const response = await fetch(config.prefix + path, { signal: quiet.signal, cache });
    const reader = response.ok ? response.body?.getReader() : undefined;
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
      listen();
      await take(next.value);
    }
    return response;
  } finally {
    clearTimeout(timer);
  }
}

/** The answer, and the JSON in it; undefined for an answer that is not OK. */
async function requestJson(options: FetchOptions, path: string, cache?: RequestCache) {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const response = await request(options, path, (chunk) => chunks.push(chunk), cache);
  const json: unknown = response.ok ? JSON.parse(await new Blob(chunks).text()) : undefined;
  return { response, json };
}

/**
 * The number of the channel's head, from a host that does not send modcast's header; 0 when it is not known.
 */
async function headNumber(options: FetchOptions, hash: Hash): Promise<number> {
  const { json } = await requestJson(options, `channels/${options.config.channel}/head.json`);
  const head = json as { deploy?: unknown; manifest?: unknown } | null | undefined;
  // A deploy may have come between the two requests.
  return head?.manifest === hash && Number.isSafeInteger(head.deploy) ? (head.deploy as number) : 0;
}

/**
 * Fetches the page's deploy, or the channel's head, over plain HTTP. The manifest is hashed here: a host of
 * plain files has an ETag of its own, or none.
 *
 * @returns `refused`: the host answers, but does not have it
 */
export async function fetchRelease(options: FetchOptions): Promise<Release | 'refused' | 'unreachable'> {
  const { config, hasher } = options;
  const { deploy: own } = config;
  const place = own === null ? `channels/${config.channel}` : `deploys/${own.number}`;
  try {
    for (const cache of ['default', 'reload'] as const) {
      const { response, json } = await requestJson(options, `${place}/manifest.json`, cache);
      if (!response.ok) return response.status < 500 ? 'refused' : 'unreachable';
      const manifest = manifestFromJson(json);
      const hash = hasher(manifestBytes(manifest));
      const fusion = response.headers.get('Modcast-Fusion');
      if (own !== null) {
        if (own.manifest === hash)
          return { deploy: own.number, hash, manifest, fusion: own.fusion ?? fusion };
        // The browser may have kept this URL from another site of the same origin.
        continue;
      }
      const header = response.headers.get('Modcast-Deploy');
      const deploy = header === null ? await headNumber(options, hash) : Number(header);
      return { deploy, hash, manifest, fusion };
    }
    return 'refused';
  } catch {
    return 'unreachable';
  }
}

/** Fetches a deploy's manifest. Null when that fails. */
export async function fetchManifest(options: FetchOptions, deploy: number): Promise<Manifest | null> {
  try {
    return manifestFromJson((await requestJson(options, `deploys/${deploy}/manifest.json`)).json);
  } catch {
    return null;
  }
}

/** Fetches a blob, which is not verified; nothing when that fails. */
export async function fetchBlob(options: FetchOptions, hash: Hash): Promise<PackRecord[]> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  try {
    const { ok } = await request(options, `blobs/${hash}`, (chunk) => chunks.push(chunk));
    if (!ok) return [];
    return [{ hash, links: null, bytes: new Uint8Array(await new Blob(chunks).arrayBuffer()) }];
  } catch {
    return [];
  }
}

/**
 * Fetches the pack that a static export has made of a manifest, in one request. The blobs are not verified.
 * Missing ones are left out: their modules have HTTP URLs.
 */
export async function fetchPack(
  options: FetchOptions,
  manifest: Hash,
): Promise<{ records: PackRecord[]; complete: boolean }> {
  const records: PackRecord[] = [];
  const decoder = new PackDecoder();
  try {
    await request(options, `packs/${manifest}.pack`, async (chunk) => {
      for (const segment of decoder.push(chunk)) records.push(...(await readSegment(segment)));
    });
  } catch {
    // The blobs that came before are used.
  }
  return { records, complete: decoder.complete };
}
