import { beforeEach, describe, expect, it } from 'vitest';
import { choose, type ChooseOptions } from '../../../../loader/boot/choose.js';
import type { CachedDeploy } from '../../../../loader/cache/cache.js';
import type { LoaderConfig } from '../../../../loader/config.js';
import { hash } from '../../../../loader/hash.js';
import type { Release } from '../../../../loader/transport/channel-client.js';
import { manifestToJson } from '../../../../schema/index.js';
import { manifestHash, manifestOf, settle } from '../fakes.js';

function releaseOf(deploy: number, files: Record<string, string>): Release {
  const manifest = manifestOf(files);
  return { deploy, hash: manifestHash(manifest), manifest };
}

const head = releaseOf(5, { 'a.mjs': 'new' });
const old: CachedDeploy = { channel: 'dev', ...releaseOf(4, { 'a.mjs': 'old' }) };

const config: LoaderConfig = {
  prefix: 'https://host.test/-/',
  root: 'https://host.test/',
  registry: 'ab'.repeat(16),
  channel: 'dev',
  boot: 'fresh',
  timeout: 500,
  stall: 10_000,
  socket: true,
  deploy: null,
  progress: false,
  entries: [],
  hot: null,
  nonce: '',
};

let requests: string[];
let packed: Release[];

beforeEach(() => {
  requests = [];
  packed = [];
});

/** A host that serves this release's manifest; null: that does not answer. */
const serve =
  (release: Release | null): typeof fetch =>
  (input) => {
    requests.push(new URL(input as string).pathname);
    if (release === null) return Promise.reject(new TypeError('Failed to fetch'));
    const headers = { 'Modcast-Deploy': String(release.deploy) };
    return Promise.resolve(Response.json(manifestToJson(release.manifest), { headers }));
  };

interface Given extends Partial<Omit<ChooseOptions, 'config' | 'cached' | 'fetch'>> {
  readonly config?: Partial<LoaderConfig>;
  /** In the cache; `whole`: with all blobs that the page starts from. */
  readonly cached?: CachedDeploy | null;
  readonly whole?: boolean;
  /** When the server greets: within the time that a page waits, later while the socket is open, or never. */
  readonly greets?: 'in time' | 'late' | 'never';
  readonly served?: Release | null;
}

const optionsOf = ({ cached = null, whole = true, greets = 'never', served = null, ...given }: Given) => ({
  hasher: hash,
  channelClient: { head: greets === 'never' ? undefined : head },
  isWhole: () => whole,
  inTime: Promise.resolve(greets === 'in time'),
  greeted: Promise.resolve(greets !== 'never'),
  fetchPacked: (release: Release) => {
    packed.push(release);
    return Promise.resolve();
  },
  ...given,
  fetch: serve(served),
  cached: Promise.resolve(cached),
  config: { ...config, ...given.config },
});

const chosen = async (given: Given) => {
  const { from, release } = await choose(optionsOf(given));
  return [from, release?.deploy ?? null];
};

const cachedBoot = { boot: 'cached' } as const;

describe('with a socket', () => {
  it.each<[string, Given, [string, number | null]]>([
    ['the server greets in time', { greets: 'in time' }, ['network', 5]],
    ['the server greets in time, whatever is cached', { greets: 'in time', cached: old }, ['network', 5]],
    ['it is slow, the cache is whole', { greets: 'late', cached: old }, ['cache', 4]],
    ['it does not answer, the cache is whole', { greets: 'never', cached: old }, ['cache', 4]],
    ['it is slow, nothing is cached', { greets: 'late' }, ['network', 5]],
    ['it is slow, the cache is not whole', { greets: 'late', cached: old, whole: false }, ['network', 5]],
    ['it does not answer, nothing is cached: HTTP', { served: head }, ['http', 5]],
    [
      'it does not answer, the cache is not whole: HTTP',
      { cached: old, whole: false, served: head },
      ['http', 5],
    ],
    ['nothing answers: natively', {}, ['native', null]],
    ['nothing answers, the cache is not whole: natively', { cached: old, whole: false }, ['native', null]],
    [
      'boot="cached" and the cache is whole',
      { config: cachedBoot, greets: 'in time', cached: old },
      ['cache', 4],
    ],
    [
      'boot="cached", the cache is not whole',
      { config: cachedBoot, greets: 'in time', cached: old, whole: false },
      ['network', 5],
    ],
    ['boot="cached", nothing is cached', { config: cachedBoot, greets: 'late' }, ['network', 5]],
  ])('%s', async (_, given, expected) => {
    expect(await chosen(given)).toEqual(expected);
  });

  it('does not wait for a late greeting when the cache is whole', async () => {
    const never = new Promise<boolean>(() => {});
    expect(await chosen({ greeted: never, cached: old })).toEqual(['cache', 4]);
  });

  it('does not wait for the server at all with boot="cached"', async () => {
    const never = new Promise<boolean>(() => {});
    expect(await chosen({ config: cachedBoot, inTime: never, greeted: never, cached: old })).toEqual([
      'cache',
      4,
    ]);
  });

  it('waits for the head after a first message in time', async () => {
    let greet!: (value: boolean) => void;
    const greeted = new Promise<boolean>((resolve) => (greet = resolve));
    let choice: unknown;
    void chosen({ greets: 'in time', greeted, cached: old }).then((made) => (choice = made));
    await settle();
    expect(choice).toBeUndefined();
    greet(true);
    await settle();
    expect(choice).toEqual(['network', 5]);
  });

  it('uses the cache when a socket that spoke in time stalls before the head', async () => {
    const stalled = { greeted: Promise.resolve(false), channelClient: { head: undefined } };
    expect(await chosen({ greets: 'in time', ...stalled, cached: old })).toEqual(['cache', 4]);
  });

  it('uses a head that came just after the time was over', async () => {
    expect(await chosen({ channelClient: { head } })).toEqual(['network', 5]);
    expect(requests).toEqual([]);
  });

  it('requests nothing over HTTP when it need not', async () => {
    await chosen({ greets: 'in time', served: head });
    await chosen({ cached: old, served: head });
    expect(requests).toEqual([]);
  });
});

describe('without a server, from plain files', () => {
  const named = (release: Release): Partial<LoaderConfig> => ({
    socket: false,
    deploy: { number: release.deploy, manifest: release.hash },
  });
  const unnamed = { socket: false };

  it('runs the cached deploy that the page names, without a request', async () => {
    expect(await chosen({ config: named(old), cached: old, served: head })).toEqual(['cache', 4]);
    expect(requests).toEqual([]);
  });

  it('fetches the deploy that the page names when another one is cached', async () => {
    expect(await chosen({ config: named(head), cached: old, served: head })).toEqual(['http', 5]);
    expect(requests).toEqual(['/-/deploys/5/manifest.json']);
  });

  it('fetches the head when the page names none', async () => {
    expect(await chosen({ config: unnamed, cached: old, served: head })).toEqual(['http', 5]);
    expect(requests).toEqual(['/-/channels/dev/manifest.json']);
  });

  it('runs the cache when it turns out to be the head', async () => {
    expect(await chosen({ config: unnamed, cached: old, served: old })).toEqual(['cache', 4]);
    expect(packed).toEqual([]);
  });

  it('takes the head over HTTP when the cached copy of it is not whole, with no pack of it all', async () => {
    expect(await chosen({ config: unnamed, cached: old, whole: false, served: old })).toEqual(['http', 4]);
    expect(packed).toEqual([]);
  });

  it('does not run a cached deploy that is not whole, even if the page names it', async () => {
    expect(await chosen({ config: named(old), cached: old, whole: false, served: old })).toEqual(['http', 4]);
  });

  it('runs another cached deploy when there is no network', async () => {
    expect(await chosen({ config: named(head), cached: old })).toEqual(['cache', 4]);
  });

  it.each([
    ['nothing is cached', {}],
    ['the cache is not whole', { cached: old, whole: false }],
  ])('runs natively when there is no network and %s', async (_, given) => {
    expect(await chosen({ config: unnamed, ...given })).toEqual(['native', null]);
  });

  it('fetches the pack when more than half of the bytes are new', async () => {
    const served = releaseOf(6, { 'a.mjs': 'old', 'b.mjs': 'more' });
    await chosen({ config: unnamed, cached: old, served });
    expect(packed.map(({ deploy }) => deploy)).toEqual([6]);
  });

  it('fetches the pack when nothing is cached', async () => {
    await chosen({ config: unnamed, served: head });
    expect(packed).toHaveLength(1);
  });

  it('fetches no pack when half of the bytes are here', async () => {
    const served = releaseOf(6, { 'a.mjs': 'old', 'b.mjs': 'NEW' });
    expect(await chosen({ config: unnamed, cached: old, served })).toEqual(['http', 6]);
    expect(packed).toEqual([]);
  });
});
