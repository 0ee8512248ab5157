import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Modcast, ModcastEvents } from '../../../loader/api.js';
import { Emitter } from '../../../loader/events.js';
import type { Hot } from '../../../loader/hot/ports.js';
import type { PageDeploy } from '../../../loader/linking/page-deploy.js';
import { createModcast } from '../../../loader/modcast.js';
import { PageState } from '../../../loader/page-state.js';
import type { Services } from '../../../loader/services.js';
import { EMPTY_MANIFEST } from '../../../schema/index.js';
import { FakeConnection, hashOf, settle } from './fakes.js';

vi.mock('../../../loader/linking/import-module.js', () => ({
  importModule: (name: string) => Promise.resolve(`imported ${name}`),
}));

const ROOT = 'https://host.test/';
const DISK = `${ROOT}lib/disk.mjs`;

let page: PageState;
let events: Emitter<ModcastEvents>;
let topics: Emitter<Record<string, unknown>>;
let connection: FakeConnection & { received: number };
let log: string[];
let modcast: Modcast;
let config: { root: string; prefix: string; workers: boolean; offline: null };

beforeEach(() => {
  log = [];
  config = { root: ROOT, prefix: `${ROOT}-/`, workers: true, offline: null };
  page = new PageState();
  events = new Emitter();
  topics = new Emitter();
  connection = Object.assign(new FakeConnection(), { received: 9 });
  const step = (name: string) => () => {
    log.push(name);
    return Promise.resolve();
  };
  modcast = createModcast({
    config,
    page,
    events,
    topics,
    connection,
    channelClient: { complete: undefined, idle: step('channel') },
    cacheWriter: { flush: step('cache') },
  } as unknown as Services);
});

const pageDeploy = {
  release: { deploy: 7, hash: hashOf('x'), manifest: EMPTY_MANIFEST },
  resolver: { name: (url: string) => `name of ${url}` },
  linker: {
    ensure: (url: string) => Promise.resolve(void log.push(`ensure ${url}`)),
    prefetch: (urls: string[]) => Promise.resolve(void log.push(`prefetch ${urls.join(' ')}`)),
    importTargets: { count: 3, bytes: 30 },
  },
} as unknown as PageDeploy;

const hot = {
  newest: (url: string) => Promise.resolve(`newest ${url}`),
  prefetch: (urls: string[]) => Promise.resolve(void log.push(`hot prefetch ${urls.join(' ')}`)),
  idle: () => Promise.resolve(void log.push('hot')),
} as unknown as Hot;

describe('import', () => {
  it('waits until it is settled what the page runs', async () => {
    let imported: unknown;
    void modcast.import('lib/disk.mjs').then((module) => (imported = module));
    await settle();
    expect(imported).toBeUndefined();
    page.settle({ pageDeploy: null, hot: undefined });
    await settle();
    expect(imported).toBe(`imported ${DISK}`);
  });

  it('puts the module into the import map first', async () => {
    page.settle({ pageDeploy, hot: undefined });
    expect(await modcast.import('lib/disk.mjs')).toBe(`imported name of ${DISK}`);
    expect(log).toEqual([`ensure ${DISK}`]);
  });

  it('is the newest version where hot reload runs', async () => {
    page.settle({ pageDeploy, hot });
    expect(await modcast.import('lib/disk.mjs')).toBe(`newest ${DISK}`);
  });

  it('is the browser’s own on a page that runs natively', async () => {
    page.settle({ pageDeploy: null, hot });
    expect(await modcast.import('lib/disk.mjs')).toBe(`imported ${DISK}`);
  });

  it('rejects for anything but a path', async () => {
    page.settle({ pageDeploy, hot: undefined });
    await expect(modcast.import('/lib/disk.mjs')).rejects.toMatchObject({ code: 'path-invalid' });
  });
});

describe('url', () => {
  it('names the deploy that the page runs', () => {
    page.settle({ pageDeploy, hot: undefined });
    expect(modcast.url('lib/a b.mjs')).toBe(`${ROOT}lib/a%20b.mjs?modcast=${hashOf('x')}`);
  });

  it('is inside that deploy where another server serves the site', () => {
    config.workers = false;
    page.settle({ pageDeploy, hot: undefined });
    expect(modcast.url('lib/a b.mjs')).toBe(`${ROOT}-/deploys/7/at/lib/a%20b.mjs`);
  });

  it('is the natural URL without a deploy', () => {
    expect(modcast.url('lib/disk.mjs')).toBe(DISK);
  });

  it('throws for anything but a path', () => {
    page.settle({ pageDeploy, hot: undefined });
    expect(() => modcast.url('../x')).toThrow(expect.objectContaining({ code: 'path-invalid' }));
  });
});

describe('prefetch', () => {
  it('takes one path or several', async () => {
    page.settle({ pageDeploy, hot: undefined });
    await modcast.prefetch('a.mjs');
    await modcast.prefetch(['a.mjs', 'b.mjs']);
    expect(log).toEqual([`prefetch ${ROOT}a.mjs`, `prefetch ${ROOT}a.mjs ${ROOT}b.mjs`]);
  });

  it('asks hot reload for the newest versions', async () => {
    page.settle({ pageDeploy, hot });
    await modcast.prefetch('a.mjs');
    expect(log).toEqual([`hot prefetch ${ROOT}a.mjs`]);
  });

  it('does nothing on a page that runs natively', async () => {
    page.settle({ pageDeploy: null, hot: undefined });
    await modcast.prefetch('a.mjs');
    expect(log).toEqual([]);
  });
});

describe('on', () => {
  it('listens until it is removed', () => {
    const got: unknown[] = [];
    const remove = modcast.on('error', ({ code }) => got.push(code));
    events.emit('error', { code: 'a', message: '' });
    remove();
    events.emit('error', { code: 'b', message: '' });
    expect(got).toEqual(['a']);
  });

  it('throws for an unknown event, and names the known ones', () => {
    expect(() => modcast.on('boot' as never, () => {})).toThrow(
      new TypeError('no event "boot": it is one of progress, booted, deploy, update, error'),
    );
  });
});

describe('a topic', () => {
  it('sends messages; undefined becomes null', () => {
    expect(modcast.channel('chat').send({ a: 1 })).toBe(true);
    expect(modcast.channel('chat').send(undefined)).toBe(true);
    expect(connection.sent).toEqual([
      { type: 'message', topic: 'chat', data: { a: 1 } },
      { type: 'message', topic: 'chat', data: null },
    ]);
  });

  it('does not send without a connection', () => {
    connection.state = 'waiting';
    expect(modcast.channel('chat').send(1)).toBe(false);
  });

  it('delivers its own messages', () => {
    const got: unknown[] = [];
    const remove = modcast.channel('chat').on((data) => got.push(data));
    topics.emit('other', 1);
    topics.emit('chat', 2);
    remove();
    topics.emit('chat', 3);
    expect(got).toEqual([2]);
  });
});

describe('stats', () => {
  it('are empty at first', () => {
    expect(modcast.stats()).toEqual({
      boot: null,
      modules: 0,
      bytes: { received: 9, used: 0 },
      deploy: null,
      socket: 'open',
    });
  });

  it('count what runs', () => {
    page.settle({ pageDeploy, hot: undefined });
    page.booted({ from: 'cache', ms: 1, deploy: 7 });
    expect(modcast.stats()).toMatchObject({
      boot: { from: 'cache' },
      modules: 3,
      bytes: { received: 9, used: 30 },
    });
  });
});

it('idle waits for the boot, then for the channel, hot reload and the cache', async () => {
  const idle = modcast.idle();
  await settle();
  expect(log).toEqual([]);
  page.settle({ pageDeploy, hot });
  page.booted({ from: 'cache', ms: 1, deploy: 7 });
  await idle;
  expect(log).toEqual(['channel', 'hot', 'cache']);
});
