import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Reload, type ReloadOptions } from '../../../../../loader/hot/updates/reload.js';
import type { Cause, Verdict } from '../../../../../loader/hot/updates/reload-history.js';
import { Emitter } from '../../../../../loader/events.js';

let verdict: Verdict;
let log: string[];
let timers: { ms: number; callback: () => void }[];
let asks: ((event: Event) => void) | undefined;
let connection: { state: string };
let head: Emitter<Record<string, unknown>>;
let reload: Reload;

const CAUSE: Cause = { key: 'index.html 1', isNew: false };

beforeEach(() => {
  verdict = { kind: 'reload', wait: 0 };
  log = [];
  timers = [];
  asks = undefined;
  connection = { state: 'open' };
  head = new Emitter();
  vi.stubGlobal('location', { pathname: '/', href: 'https://host/', reload: () => log.push('reload') });
  vi.stubGlobal('addEventListener', (_: string, listener: (event: Event) => void) => (asks = listener));
  vi.stubGlobal('removeEventListener', () => {});
  for (const kind of ['info', 'warn'] as const)
    vi.spyOn(console, kind).mockImplementation(
      (text: unknown) => void log.push(`${kind}: ${text as string}`),
    );
  reload = new Reload({
    contexts: { emit: () => {} },
    ports: {
      connection,
      channelClient: head,
      after: (ms: number, callback: () => void) => (timers.push({ ms, callback }), () => {}),
    } as unknown as ReloadOptions['ports'],
    history: {
      judge: () => verdict,
      record: (reason: string, cause: Cause | null, wait: number) =>
        log.push(`record ${reason}, ${cause?.key}, ${wait}`),
    } as unknown as ReloadOptions['history'],
    show: (message) => void log.push(`show: ${message}`),
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('a full reload', () => {
  it('is recorded, and happens once', () => {
    expect(reload.start('index.html changed', CAUSE)).toBe(true);
    expect(reload.start('a.mjs changed', CAUSE)).toBe(true);
    expect(log).toEqual([
      'info: modcast: full reload: index.html changed',
      'record index.html changed, index.html 1, 0',
      'reload',
    ]);
  });

  it('that would not help does not happen, and the page says so once', () => {
    vi.stubGlobal('navigator', { serviceWorker: { controller: { scriptURL: 'https://host/sw.js' } } });
    verdict = { kind: 'stop' };
    expect(reload.start('index.html changed', CAUSE)).toBe(false);
    expect(reload.start('a.svg changed', CAUSE)).toBe(false);
    const message =
      'stopped reloading: index.html changed, and a reload did not bring the new version. The service worker ' +
      'https://host/sw.js may answer with an old copy: unregister it, or let it ask the network first. ' +
      'The next save tries again.';
    expect(log).toEqual([`warn: modcast: ${message}`, `show: ${message}`]);
    verdict = { kind: 'reload', wait: 0 };
    expect(reload.start('index.html changed', CAUSE)).toBe(true);
    expect(log.at(-1)).toBe('reload');
  });

  it('names a cache where the page has no service worker', () => {
    vi.stubGlobal('navigator', {});
    verdict = { kind: 'stop' };
    reload.start('index.html changed', CAUSE);
    expect(log[0]).toContain('A cache or a proxy between browser and server may answer with an old copy');
  });

  it('waits as long as the history says', () => {
    verdict = { kind: 'reload', wait: 5000 };
    expect(reload.start('visits.json changed', CAUSE)).toBe(true);
    expect(reload.start('visits.json changed', CAUSE)).toBe(true);
    expect(log.map((line) => line.slice(0, 50))).toEqual([
      'warn: modcast: the next reload waits 5 s, because ',
      'show: the next reload waits 5 s, because the page ',
    ]);
    expect(timers.map(({ ms }) => ms)).toEqual([5000]);
    timers[0]!.callback();
    expect(log.slice(3)).toEqual(['record visits.json changed, index.html 1, 5000', 'reload']);
  });

  it('waits for the server, once', () => {
    connection.state = 'waiting';
    reload.start('a.mjs changed', CAUSE);
    expect(log).not.toContain('reload');
    head.emit('head', {});
    head.emit('head', {});
    expect(log.filter((line) => line === 'reload')).toHaveLength(1);
  });

  it('that the page prevents in beforeunload is tried again with the next change', async () => {
    reload.start('index.html changed', CAUSE);
    let stays = false;
    void reload.stays().then(() => (stays = true));
    asks!({ defaultPrevented: false, returnValue: '' } as unknown as Event);
    expect(timers).toEqual([]);
    asks!({ defaultPrevented: true } as Event);
    await Promise.resolve();
    expect(stays).toBe(false);
    timers[0]!.callback();
    await vi.waitFor(() => expect(stays).toBe(true));
    expect(log.at(-1)).toBe('info: modcast: the page asked to stay (beforeunload), and runs its old version');
    reload.start('index.html changed', CAUSE);
    expect(log.filter((line) => line === 'reload')).toHaveLength(2);
  });
});
