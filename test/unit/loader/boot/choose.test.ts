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
  return { deploy, hash: manifestHash(manifest), manifest, fusion: null };
}

const head = releaseOf(5, { 'a.mjs': 'new' });
const old: CachedDeploy = { channel: 'dev', derived: [], ...releaseOf(4, { 'a.mjs': 'old' }) };

const config: LoaderConfig = {
  prefix: 'https://host.test/-/',
  root: 'https://host.test/',
  registry: 'ab'.repeat(16),
  channel: 'dev',
  boot: 'fresh',
  timeout: 500,
  stall: 1500,
  socket: true,
  deploy: null,
  workers: false,
  native: false,
  progress: false,
  direct: false,
  entries: [],
  hot: null,
  offline: null,
  nonce: '',
};

let requests: string[];
let packed: Release[];

beforeEach(() => {
  requests = [];
  packed = [];
});

/** A host that has these deploys, the last one as head; null: that does not answer. */
const serve =
  (releases: readonly Release[] | null): typeof fetch =>
  (input) => {
    const { pathname } = new URL(input as string);
    requests.push(pathname);
    if (releases === null) return Promise.reject(new TypeError('Failed to fetch'));
    const number = /deploys\/(\d+)/.exec(pathname)?.[1];
    const release =
      number === undefined ? releases.at(-1) : releases.find(({ deploy }) => deploy === Number(number));
    if (release === undefined) return Promise.resolve(new Response(null, { status: 404 }));
    const headers = { 'Modcast-Deploy': String(release.deploy) };
    return Promise.resolve(Response.json(manifestToJson(release.manifest), { headers }));
  };

interface Given extends Partial<Omit<ChooseOptions, 'config' | 'cached' | 'fetch'>> {
  readonly config?: Partial<LoaderConfig>;
  /** In the cache; `whole`: with all blobs that the page starts from. */
  readonly cached?: CachedDeploy | readonly CachedDeploy[];
  readonly whole?: boolean;
  /** When the server greets: within the time that a page waits, later while the socket is open, or never. */
  readonly greets?: 'in time' | 'late' | 'never';
  readonly served?: Release | readonly Release[] | null;
}

const optionsOf = ({ cached = [], whole = true, greets = 'never', served = null, ...given }: Given) => ({
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
  fetch: serve(served === null ? null : [served].flat()),
  cached: Promise.resolve([cached].flat()),
  config: { ...config, ...given.config },
});

const chosen = async (given: Given) => {
  const { from, release } = await choose(optionsOf(given));
  return [from, release?.deploy ?? null];
};

/** A page whose HTML belongs to this deploy. */
const pageOf = (release: Release, rest: Partial<LoaderConfig> = {}): Partial<LoaderConfig> => ({
  deploy: { number: release.deploy, manifest: release.hash },
  ...rest,
});
const cachedBoot = (release: Release) => pageOf(release, { boot: 'cached' });

const never = new Promise<boolean>(() => {});

describe('with a socket', () => {
  it.each<[string, Given, [string, number | null]]>([
    ['the server greets in time', { greets: 'in time' }, ['network', 5]],
    ['the server greets in time, whatever is cached', { greets: 'in time', cached: old }, ['network', 5]],
    [
      'it is slow, the page’s deploy is cached',
      { config: pageOf(old), greets: 'late', cached: old },
      ['cache', 4],
    ],
    ['it is slow, another deploy is cached', { greets: 'late', cached: old }, ['network', 5]],
    ['it does not answer, the page’s deploy is cached', { config: pageOf(old), cached: old }, ['cache', 4]],
    ['it does not answer, another deploy is cached: HTTP', { cached: old, served: head }, ['http', 5]],
    ['it does not answer, the head is cached', { cached: { ...old, ...head }, served: head }, ['cache', 5]],
    ['nothing answers, another deploy is cached', { cached: old }, ['cache', 4]],
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
      'boot="cached" and the page’s deploy is cached',
      { config: cachedBoot(old), greets: 'in time', cached: old },
      ['cache', 4],
    ],
    [
      'boot="cached", the cache is not whole',
      { config: cachedBoot(head), greets: 'in time', cached: old, whole: false },
      ['network', 5],
    ],
    ['boot="cached", nothing is cached', { config: cachedBoot(head), greets: 'late' }, ['network', 5]],
  ])('%s', async (_, given, expected) => {
    expect(await chosen(given)).toEqual(expected);
  });

  it('does not wait for a late greeting when the page’s deploy is cached', async () => {
    expect(await chosen({ config: pageOf(old), greeted: never, cached: old })).toEqual(['cache', 4]);
  });

  it('does not wait for the server at all with boot="cached"', async () => {
    expect(await chosen({ config: cachedBoot(old), inTime: never, greeted: never, cached: [old] })).toEqual([
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
    await chosen({ config: pageOf(old), cached: old, served: head });
    expect(requests).toEqual([]);
  });

  it('asks for no pack of a static export', async () => {
    await chosen({ served: head });
    expect(packed).toEqual([]);
  });
});

describe('a page of one deploy, the head and the cache of another (cached-boot-old-modules-in-a-new-page)', () => {
  it('runs the new deploy in a new page, not the cached one', async () => {
    const given = { config: cachedBoot(head), cached: old };
    expect(await chosen({ ...given, greets: 'in time' })).toEqual(['network', 5]);
    expect(await chosen({ ...given, greets: 'late' })).toEqual(['network', 5]);
    expect(requests).toEqual([]);
    expect(await chosen({ ...given, served: [old, head] })).toEqual(['http', 5]);
    expect(requests).toEqual(['/-/deploys/5/manifest.json']);
  });

  it('runs the old deploy in an old page: from the cache, or else over HTTP', async () => {
    const given = { config: pageOf(old), greets: 'in time', served: [old, head] } as const;
    expect(await chosen({ ...given, cached: { ...old, ...head } })).toEqual(['network', 4]);
    expect(requests).toEqual(['/-/deploys/4/manifest.json']);
    expect(await chosen({ ...given, cached: [old, { ...old, ...head }] })).toEqual(['cache', 4]);
    expect(requests).toHaveLength(1);
  });

  it('runs the head when the server no longer has the page’s deploy', async () => {
    expect(await chosen({ config: pageOf(old), greets: 'in time', served: head })).toEqual(['network', 5]);
  });

  it('follows the head where hot reload does', async () => {
    const hot = { version: '1', integrity: '', page: null, file: null, deploy: 4, served: 0, overlay: true };
    expect(await chosen({ config: pageOf(old, { hot }), greets: 'in time', served: [old, head] })).toEqual([
      'network',
      5,
    ]);
  });

  it.each(['fresh', 'cached'] as const)('runs a whole other deploy offline, with boot="%s"', async (boot) => {
    expect(await chosen({ config: pageOf(head, { boot }), cached: old })).toEqual(['cache', 4]);
  });

  it('runs the site itself when the server has neither a socket nor that deploy', async () => {
    expect(await chosen({ config: cachedBoot(head), cached: old, served: old })).toEqual(['native', null]);
  });

  it('runs cached content of the same manifest, under the number of the page: a rollback', async () => {
    const rollback = { ...old, deploy: 6 };
    const given = { config: cachedBoot(rollback), cached: old, inTime: never, greeted: never };
    expect(await chosen(given)).toEqual(['cache', 6]);
    const fresh = { config: pageOf(old), greets: 'in time', channelClient: { head: rollback } } as const;
    expect(await chosen(fresh)).toEqual(['network', 6]);
    expect(requests).toEqual([]);
  });

  it('does not run a cached deploy at once in a page that names none', async () => {
    expect(await chosen({ config: { boot: 'cached' }, greets: 'in time', cached: old })).toEqual([
      'network',
      5,
    ]);
  });
});

describe('without a server, from plain files', () => {
  const named = (release: Release) => pageOf(release, { socket: false });
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

  it('counts only modules: large assets neither bring a pack nor hide that the modules are new', async () => {
    const image = { hash: 'f'.repeat(64), size: 1_000_000, type: 'image/png' };
    const withImage = ({ manifest, ...release }: Release, shown = image): Release => {
      const modules = new Map([...manifest.modules, ['a.png', shown]]);
      const whole = { ...manifest, modules };
      return { ...release, hash: manifestHash(whole), manifest: whole };
    };
    const before = [withImage(old) as CachedDeploy];
    const newModules = withImage(releaseOf(6, { 'a.mjs': 'old', 'b.mjs': 'more' }));
    await chosen({ config: unnamed, cached: before, served: newModules });
    expect(packed).toHaveLength(1);
    const newImage = withImage(releaseOf(6, { 'a.mjs': 'old', 'b.mjs': 'NEW' }), {
      ...image,
      hash: 'e'.repeat(64),
    });
    await chosen({ config: unnamed, cached: before, served: newImage });
    expect(packed).toHaveLength(1);
  });

  it('fetches no pack when half of the bytes are here', async () => {
    const served = releaseOf(6, { 'a.mjs': 'old', 'b.mjs': 'NEW' });
    expect(await chosen({ config: unnamed, cached: old, served })).toEqual(['http', 6]);
    expect(packed).toEqual([]);
  });
});
