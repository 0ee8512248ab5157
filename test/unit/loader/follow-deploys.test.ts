import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModcastEvents } from '../../../loader/api.js';
import type { LoaderConfig } from '../../../loader/config.js';
import { Emitter } from '../../../loader/events.js';
import { followDeploys } from '../../../loader/follow-deploys.js';
import type { Hot } from '../../../loader/hot/ports.js';
import type { PageDeploy } from '../../../loader/linking/page-deploy.js';
import { PageState } from '../../../loader/page-state.js';
import type { Services } from '../../../loader/services.js';
import type { ChannelClientEvents, Release } from '../../../loader/transport/channel-client.js';
import { EMPTY_MANIFEST } from '../../../schema/index.js';
import { hashOf, recordOf, settle } from './fakes.js';

class FakeChannel extends Emitter<ChannelClientEvents> {
  complete: Release | undefined;
  isForeign = false;

  deliver(deploy: number, ...texts: string[]): void {
    this.complete = releaseOf(deploy);
    this.emit('complete', { release: this.complete, records: texts.map((text) => recordOf(text)) });
  }
}

const releaseOf = (deploy: number): Release => ({
  deploy,
  hash: hashOf(`${deploy}`),
  manifest: EMPTY_MANIFEST,
  fusion: null,
});

const reload = vi.fn();
let channel: FakeChannel;
let page: PageState;
let stored: unknown[];
let events: unknown[];

function begin(): void {
  channel = new FakeChannel();
  page = new PageState();
}

beforeEach(() => {
  vi.stubGlobal('location', { reload });
  reload.mockReset();
  begin();
  stored = [];
  events = [];
});

afterEach(() => vi.unstubAllGlobals());

/** @param served the head when the server rendered a page that it watches */
function follow(served: number | null = null): void {
  const emitter = new Emitter<ModcastEvents>();
  emitter.on('deploy', (event) => events.push(event));
  const hot: LoaderConfig['hot'] =
    served === null
      ? null
      : { version: '1', integrity: '', page: null, file: null, deploy: served, served: 0, overlay: true };
  followDeploys({
    config: { hot },
    events: emitter,
    channelClient: channel,
    cacheWriter: {
      store(release: Release, records: readonly unknown[]) {
        stored.push([release.deploy, records.length]);
        return Promise.resolve();
      },
    },
    page,
  } as unknown as Services);
}

async function run(deploy: number, hot?: Hot): Promise<void> {
  page.settle({ pageDeploy: { release: releaseOf(deploy) } as PageDeploy, hot });
  page.booted({ from: 'network', ms: 1, deploy });
  await settle();
}

describe('a deploy that has come whole', () => {
  it('is cached and announced', async () => {
    follow();
    await run(1);
    channel.deliver(2, 'a', 'b');
    await settle();
    expect(stored).toEqual([[2, 2]]);
    expect(events).toEqual([{ deploy: 2, running: 1 }]);
  });

  it('of another registry at the same address is announced, but not cached', async () => {
    follow();
    await run(1);
    channel.isForeign = true;
    channel.deliver(2, 'a');
    await settle();
    expect(stored).toEqual([]);
    expect(events).toEqual([{ deploy: 2, running: 1 }]);
  });

  it('is not announced when the page runs it', async () => {
    follow();
    await run(1);
    channel.deliver(1);
    await settle();
    expect(stored).toEqual([[1, 0]]);
    expect(events).toEqual([]);
  });

  it('is announced once, and cached each time', async () => {
    follow();
    await run(1);
    channel.deliver(2);
    await settle();
    channel.deliver(2, 'later');
    await settle();
    expect(stored).toEqual([
      [2, 0],
      [2, 1],
    ]);
    expect(events).toHaveLength(1);
  });

  it('is announced to a page that runs natively', async () => {
    follow();
    page.settle({ pageDeploy: null, hot: undefined });
    channel.deliver(2);
    await settle();
    expect(events).toEqual([{ deploy: 2, running: null }]);
  });

  it('is not announced where hot reload applies it', async () => {
    follow(1);
    await run(1, {} as Hot);
    channel.deliver(2);
    await settle();
    expect(events).toEqual([]);
    expect(stored).toEqual([[2, 0]]);
  });
});

describe('without the script of hot reload', () => {
  it('a watched page is loaded again for a newer deploy', async () => {
    follow(1);
    await run(1);
    expect(reload).not.toHaveBeenCalled();
    channel.deliver(2);
    expect(reload).toHaveBeenCalledOnce();
  });

  it('a watched page reloads after the boot for a deploy that arrived during it', async () => {
    follow(1);
    channel.deliver(2);
    expect(reload).not.toHaveBeenCalled();
    await run(1);
    expect(reload).toHaveBeenCalledOnce();
  });

  it('a watched page is not loaded again for a deploy that a reload did not bring', async () => {
    const items = new Map<string, string>();
    vi.stubGlobal('sessionStorage', {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
    });
    follow(1);
    await run(1);
    channel.deliver(2);
    expect(reload).toHaveBeenCalledOnce();
    // The reloaded page has the same old HTML.
    begin();
    follow(1);
    await run(1);
    channel.deliver(2);
    channel.deliver(2);
    expect(reload).toHaveBeenCalledOnce();
    channel.deliver(3);
    expect(reload).toHaveBeenCalledTimes(2);
  });

  it('a watched page stays for the deploy that it was served with', async () => {
    follow(2);
    await run(2);
    channel.deliver(2);
    expect(reload).not.toHaveBeenCalled();
  });

  it('other pages stay', async () => {
    follow();
    await run(1);
    channel.deliver(2);
    expect(reload).not.toHaveBeenCalled();
  });
});

it('with it, a watched page stays', async () => {
  follow(1);
  await run(1, {} as Hot);
  channel.deliver(2);
  expect(reload).not.toHaveBeenCalled();
});
