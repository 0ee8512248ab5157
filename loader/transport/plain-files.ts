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

/** The number of the channel's head, for a host that sends no header of ours; 0 when it is not known. */
async function headNumber({ config, fetch }: FetchOptions, hash: Hash): Promise<number> {
  const response = await fetch(`${config.prefix}channels/${config.channel}/head.json`);
  const head = response.ok
    ? ((await response.json()) as { deploy?: unknown; manifest?: unknown } | null)
    : null;
  // Between the two requests there may have been a deploy.
  return head?.manifest === hash && Number.isSafeInteger(head.deploy) ? (head.deploy as number) : 0;
}

/**
 * The deploy of the page, or the head, over plain HTTP; null when there is no registry to ask. The hash is taken of what
 * came: a host of plain files has an ETag of its own, or none.
 */
export async function fetchRelease(options: FetchOptions): Promise<Release | null> {
  const { config, hasher, fetch } = options;
  const place = config.deploy === null ? `channels/${config.channel}` : `deploys/${config.deploy.number}`;
  try {
    const response = await fetch(`${config.prefix}${place}/manifest.json`, {
      signal: AbortSignal.timeout(config.stall),
    });
    if (!response.ok) return null;
    const manifest = manifestFromJson(await response.json());
    const hash = hasher(manifestBytes(manifest));
    if (config.deploy !== null) {
      return config.deploy.manifest === hash ? { deploy: config.deploy.number, hash, manifest } : null;
    }
    const header = response.headers.get('Modcast-Deploy');
    return { deploy: header === null ? await headNumber(options, hash) : Number(header), hash, manifest };
  } catch {
    return null;
  }
}

/** What a deploy was made of; null when that is not to be had any more. */
export async function fetchManifest(
  { config, fetch }: FetchOptions,
  deploy: number,
): Promise<Manifest | null> {
  try {
    const signal = AbortSignal.timeout(config.stall);
    const response = await fetch(`${config.prefix}deploys/${deploy}/manifest.json`, { signal });
    return response.ok ? manifestFromJson(await response.json()) : null;
  } catch {
    return null;
  }
}

/**
 * The blobs that a static export has packed of a manifest, in one request, not verified yet. What does not come is
 * left out: its modules have URLs of their own.
 */
export async function fetchPack(
  { config, fetch }: FetchOptions,
  manifest: Hash,
): Promise<{ records: PackRecord[]; complete: boolean }> {
  const records: PackRecord[] = [];
  const decoder = new PackDecoder();
  try {
    const stall = new AbortController();
    let timer = setTimeout(() => stall.abort(), config.stall);
    const response = await fetch(`${config.prefix}packs/${manifest}.pack`, { signal: stall.signal });
    const reader = response.ok ? response.body?.getReader() : undefined;
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => stall.abort(), config.stall);
      for (const segment of decoder.push(next.value)) records.push(...(await readSegment(segment)));
    }
    clearTimeout(timer);
  } catch {
    // What came before is as good as it would be otherwise.
  }
  return { records, complete: decoder.complete };
}
