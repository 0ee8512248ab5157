import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LoaderConfig } from '../../../../loader/config.js';
import { hash } from '../../../../loader/hash.js';
import {
  fetchManifest,
  fetchPack,
  fetchRelease,
  type FetchOptions,
} from '../../../../loader/transport/plain-files.js';
import { encodePackHeader, encodeRecords, encodeSegment, manifestToJson } from '../../../../schema/index.js';
import { hashOf, manifestHash, manifestOf, recordOf } from '../fakes.js';

const PREFIX = 'https://host.test/-/';
const manifest = manifestOf({ 'a.mjs': 'a' });
const name = manifestHash(manifest);
const json = manifestToJson(manifest);

let answers: Map<string, () => Response | Promise<Response>>;
let requests: string[];
/** How each request uses the HTTP cache. */
let caches: (RequestCache | undefined)[];

beforeEach(() => {
  answers = new Map();
  requests = [];
  caches = [];
});

const options = (deploy: LoaderConfig['deploy'] = null): FetchOptions => ({
  config: { prefix: PREFIX, channel: 'dev', deploy, stall: 1000 } as LoaderConfig,
  hasher: hash,
  fetch: async (input, init) => {
    caches.push(init?.cache);
    const path = (input as string).slice(PREFIX.length);
    requests.push(path);
    return (answers.get(path) ?? (() => new Response(null, { status: 404 })))();
  },
});

describe('fetchRelease', () => {
  const at = 'channels/dev/manifest.json';
  const head = 'channels/dev/head.json';

  it('fetches the head, whose number is in a header', async () => {
    answers.set(at, () => Response.json(json, { headers: { 'Modcast-Deploy': '7' } }));
    expect(await fetchRelease(options())).toEqual({ deploy: 7, hash: name, manifest, fusion: null });
    expect(requests).toEqual([at]);
  });

  it.each([
    ['its number is in a file', { deploy: 7, manifest: name }, 7],
    ['a deploy came between the two requests', { deploy: 8, manifest: hashOf('other') }, 0],
    ['the file has no number', { deploy: 'x', manifest: name }, 0],
    ['the file is null', null, 0],
  ])('of a host without the header: %s', async (_, file, deploy) => {
    answers.set(at, () => Response.json(json));
    answers.set(head, () => Response.json(file));
    expect(await fetchRelease(options())).toMatchObject({ deploy });
  });

  it('of a host without the header or the file has the number 0', async () => {
    answers.set(at, () => Response.json(json));
    expect(await fetchRelease(options())).toMatchObject({ deploy: 0 });
  });

  it('fetches the deploy that the page names', async () => {
    answers.set('deploys/3/manifest.json', () => Response.json(json));
    const release = await fetchRelease(options({ number: 3, manifest: name }));
    expect(release).toEqual({ deploy: 3, hash: name, manifest, fusion: null });
    expect(requests).toEqual(['deploys/3/manifest.json']);
  });

  it('is refused when that deploy has another manifest, also past the HTTP cache', async () => {
    answers.set('deploys/3/manifest.json', () => Response.json(json));
    expect(await fetchRelease(options({ number: 3, manifest: hashOf('other') }))).toBe('refused');
    expect(caches).toEqual(['default', 'reload']);
  });

  it('fetches that deploy again when the HTTP cache holds the one of another site', async () => {
    const other = manifestToJson(manifestOf({ 'a.mjs': 'another site' }));
    answers.set('deploys/3/manifest.json', () => Response.json(caches.at(-1) === 'reload' ? json : other));
    expect(await fetchRelease(options({ number: 3, manifest: name }))).toMatchObject({ hash: name });
  });

  it.each([
    ['refused', 'the file does not exist', () => new Response(null, { status: 404 })],
    ['refused', 'it needs a token', () => new Response(null, { status: 401 })],
    ['unreachable', 'an error page has the form of one', () => Response.json(json, { status: 500 })],
    ['unreachable', 'it is not JSON', () => new Response('<html>')],
    ['unreachable', 'it is not a manifest', () => Response.json({})],
    ['unreachable', 'the network is down', () => Promise.reject(new TypeError('Failed to fetch'))],
  ])('is %s when %s', async (expected, _, answer) => {
    answers.set(at, answer);
    expect(await fetchRelease(options())).toBe(expected);
  });

  describe('on a slow line', () => {
    beforeEach(() => vi.useFakeTimers());
    afterEach(() => vi.useRealTimers());

    /** A host that sends some bytes each so many milliseconds, and nothing after `last` times. */
    const slow = (ms: number, last = Infinity): FetchOptions => ({
      ...options(),
      fetch: (_input, init) => {
        const bytes = new TextEncoder().encode(JSON.stringify(json));
        const { signal } = init!;
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            for (let i = 0; i < 10; i++) {
              const part = bytes.subarray((i * bytes.length) / 10, ((i + 1) * bytes.length) / 10);
              if (i < last) setTimeout(() => controller.enqueue(part), i * ms);
            }
            if (last === Infinity) setTimeout(() => controller.close(), 10 * ms);
            signal!.addEventListener('abort', () => controller.error(signal!.reason));
          },
        });
        return Promise.resolve(new Response(body, { headers: { 'Modcast-Deploy': '7' } }));
      },
    });

    it('takes the time that it needs while bytes come', async () => {
      const done = fetchRelease(slow(1900));
      await vi.advanceTimersByTimeAsync(19_000);
      expect(await done).toMatchObject({ deploy: 7, hash: name });
    });

    it('is unreachable when no byte comes for twice as long as a socket may be silent', async () => {
      let result: unknown;
      void fetchRelease(slow(10, 3)).then((value) => (result = value));
      await vi.advanceTimersByTimeAsync(20 + 1999);
      expect(result).toBeUndefined();
      await vi.advanceTimersByTimeAsync(1);
      expect(result).toBe('unreachable');
    });
  });
});

describe('fetchManifest', () => {
  it('fetches a deploy’s manifest', async () => {
    answers.set('deploys/3/manifest.json', () => Response.json(json));
    expect(await fetchManifest(options(), 3)).toEqual(manifest);
  });

  it.each([
    ['the file does not exist', () => new Response(null, { status: 404 })],
    ['an error page has the form of one', () => Response.json(json, { status: 500 })],
    ['it is not a manifest', () => Response.json(1)],
  ])('is null when %s', async (_, answer) => {
    answers.set('deploys/3/manifest.json', answer);
    expect(await fetchManifest(options(), 3)).toBeNull();
  });
});

describe('fetchPack', () => {
  const at = `packs/${name}.pack`;
  const segments = ['a', 'b'].map((text) => {
    const body = encodeRecords([recordOf(text)]);
    return encodeSegment({ encoding: 'identity', count: 1, rawLength: body.length, body });
  });
  const chunks = [encodePackHeader(2), ...segments];

  /** @param error fails the download at the end */
  const stream = (parts: Uint8Array[], error?: Error) =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (const part of parts) controller.enqueue(part);
          if (error === undefined) controller.close();
          else controller.error(error);
        },
      }),
    );

  it('returns the blobs of a pack', async () => {
    answers.set(at, () => stream(chunks));
    expect(await fetchPack(options(), name)).toEqual({
      records: [recordOf('a'), recordOf('b')],
      complete: true,
    });
  });

  it.each([
    ['is cut short', () => stream(chunks.slice(0, 2))],
    ['goes on with other bytes', () => stream([...chunks.slice(0, 2), new Uint8Array(99)])],
  ])('returns the blobs that came when the rest %s', async (_, answer) => {
    answers.set(at, answer);
    expect(await fetchPack(options(), name)).toEqual({ records: [recordOf('a')], complete: false });
  });

  it.each([
    ['is missing', () => new Response(null, { status: 404 })],
    ['is an error page', () => new Response(encodePackHeader(0), { status: 500 })],
    ['fails', () => Promise.reject(new TypeError('Failed to fetch'))],
  ])('returns nothing when the pack %s', async (_, answer) => {
    answers.set(at, answer);
    expect(await fetchPack(options(), name)).toEqual({ records: [], complete: false });
  });

  it('gives up when no byte comes for twice as long as a socket may be silent', async () => {
    vi.useFakeTimers();
    try {
      const { config, hasher } = options();
      let aborted = false;
      const done = fetchPack(
        {
          config,
          hasher,
          fetch: (_input, init) =>
            new Promise((_resolve, reject) => {
              init!.signal!.addEventListener('abort', () => {
                aborted = true;
                reject(new DOMException('aborted', 'AbortError'));
              });
            }),
        },
        name,
      );
      await vi.advanceTimersByTimeAsync(1999);
      expect(aborted).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(await done).toEqual({ records: [], complete: false });
    } finally {
      vi.useRealTimers();
    }
  });
});
