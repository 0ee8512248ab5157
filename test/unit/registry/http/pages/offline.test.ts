import { describe, expect, it } from 'vitest';
import type { RegistryOptions } from '../../../../../registry/index.js';
import { parsePageHeader } from '../../../../../schema/index.js';
import { NAVIGATION, serve, SITE } from '../../site.js';

async function ask(options: RegistryOptions, target = '', headers: Record<string, string> = NAVIGATION) {
  const site = await serve(SITE, options);
  await site.registry.ready;
  return { site, response: await fetch(site.url + target, { headers }) };
}

describe('a page', () => {
  it.each([
    ['on dev', { channel: 'dev' }, 'off', undefined],
    ['on production', { channel: 'production' }, 'used', ''],
    ['on dev with offline', { channel: 'dev', offline: true }, 'used', ''],
    ['with "all"', { channel: 'dev', offline: 'all' }, 'all', ''],
    ['on production without', { channel: 'production', offline: false }, 'off', undefined],
  ] as const)('names its deploy, and what is kept of it: %s', async (_, options, offline, tag) => {
    // A page that starts without the loader has its attributes in another place.
    const { site, response } = await ask({ ...options, fuse: false });
    const store = await site.registry.store();
    const { number, manifest } = (await store.head(options.channel))!;
    expect(parsePageHeader(response.headers.get('Modcast-Page'))).toEqual({
      registry: await store.identity(),
      deploy: number,
      manifest,
      offline,
      root: '/',
      prefix: '/-/',
    });
    const text = await response.text();
    expect(text.includes('data-offline=')).toBe(tag !== undefined);
    expect(text.includes('data-offline-all')).toBe(offline === 'all');
  });

  it('has no such header where it is fetched as a file', async () => {
    const { response } = await ask({ offline: true }, 'index.html', { 'Sec-Fetch-Dest': 'empty' });
    expect(response.headers.get('Modcast-Page')).toBeNull();
  });
});

describe('the service worker', () => {
  it.each([
    [{}, '/', '/-/'],
    [{ base: '/app/' }, '/app/', '/app/-/'],
  ])('may have the site’s root as its scope: %j', async (options, root, prefix) => {
    const { response } = await ask({ offline: true, ...options }, '-/offline.js', {});
    expect(response.status).toBe(200);
    expect(response.headers.get('Service-Worker-Allowed')).toBe(root);
    expect(response.headers.get('Content-Type')).toBe('text/javascript');
    expect(response.headers.get('Cache-Control')).toBe('no-cache');
    const [, json] = /^const __modcast_offline__ = (.*);$/m.exec(await response.text())!;
    expect(JSON.parse(json!)).toMatchObject({ root, prefix, channel: 'dev', watches: false });
  });

  it('finds the identity of its registry in the health check', async () => {
    const { site, response } = await ask({}, '-/health', {});
    const store = await site.registry.store();
    expect(await response.json()).toMatchObject({ registry: await store.identity() });
  });
});
