import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createOffline } from '../../../../loader/offline/offline.js';
import type { OfflinePorts } from '../../../../loader/offline/start-offline.js';

const SCRIPT = 'https://site.test/-/offline.js';

let registrations: ServiceWorkerRegistration[];
let deleted: string[];
/** Called while the browser registers. */
let whileRegistering: () => void;
/** Calls of `register`. */
let calls: number;

beforeEach(() => {
  registrations = [];
  deleted = [];
  whileRegistering = () => {};
  calls = 0;
  const registration = {
    active: null,
    waiting: null,
    installing: { scriptURL: SCRIPT, state: 'redundant' },
    async unregister() {
      registrations = [];
      return true;
    },
  } as unknown as ServiceWorkerRegistration;
  vi.stubGlobal('location', new URL('https://site.test/'));
  vi.stubGlobal('localStorage', {});
  vi.stubGlobal('sessionStorage', {});
  vi.stubGlobal('indexedDB', {
    deleteDatabase(name: string) {
      deleted.push(name);
      const request: { onsuccess?: () => void } = {};
      queueMicrotask(() => request.onsuccess?.());
      return request;
    },
  });
  vi.stubGlobal('navigator', {
    serviceWorker: {
      getRegistration: async () => registrations[0],
      async register() {
        calls++;
        registrations = [registration];
        whileRegistering();
        return registration;
      },
    },
  });
});
afterEach(() => vi.unstubAllGlobals());

function offlineWith(removal: OfflinePorts['removal']) {
  const config = { prefix: 'https://site.test/-/', root: 'https://site.test/', offline: { all: false } };
  const ports = { config, page: { release: null }, trustedUrl: (url: string) => url, removal };
  return createOffline(ports as unknown as OfflinePorts);
}

it('a page that another tab has told to stop while it loaded registers nothing', async () => {
  const close = vi.fn();
  await offlineWith({ has: true, close }).start();
  expect(calls).toBe(0);
  expect(close).toHaveBeenCalledOnce();
});

it('a page that is told so while it registers removes what it has registered', async () => {
  const removal = { has: false, close() {} };
  whileRegistering = () => (removal.has = true);
  await offlineWith(removal).start();
  expect(calls).toBe(1);
  expect(registrations).toEqual([]);
  expect(deleted).toEqual(['modcast', expect.stringContaining('modcast')]);
});

it('a page that is told nothing keeps its registration', async () => {
  // This page runs no deploy that could be kept.
  await expect(offlineWith({ has: false, close() {} }).start()).rejects.toThrow('without modcast');
  expect(registrations).toHaveLength(1);
  expect(deleted).toEqual([]);
});

it('offline() takes the order back', async () => {
  const removal = { has: true, close() {} };
  await expect(offlineWith(removal).keep({})).rejects.toThrow('without modcast');
  expect(removal.has).toBe(false);
});

it('unregister() tells the other pages of the site', async () => {
  const other = new BroadcastChannel('modcast removal https://site.test/');
  const told = new Promise((resolve) => (other.onmessage = resolve));
  await offlineWith({ has: false, close() {} }).unregister();
  await told;
  other.close();
});
