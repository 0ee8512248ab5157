import { describe, expect, it, vi } from 'vitest';
import { failFiles } from '../../failing-files.js';
import { SITE, serve } from '../../site.js';

describe('unreadable file', () => {
  it.each([
    ['EACCES', 403],
    ['EPERM', 403],
    ['EMFILE', 503],
    ['ENFILE', 503],
    ['ENOENT', 404],
  ])('a file and a page that cannot be opened with %s are a %i', async (code, expected) => {
    const { url, registry } = await serve(SITE);
    registry.on('error', (failure) => expect.unreachable(String(failure)));
    let failing = true;
    failFiles({ promises: ['open', 'readFile'] }, (file) =>
      failing && /logo\.svg$|index\.html$/.test(file) ? code : undefined,
    );
    for (const method of ['GET', 'HEAD']) {
      const file = await fetch(`${url}logo.svg`, { method });
      expect([file.status, file.headers.get('ETag')]).toEqual([expected, null]);
      expect((await fetch(url, { method })).status).toBe(expected);
    }
    failing = false;
    expect(await (await fetch(`${url}logo.svg`)).text()).toBe(SITE['logo.svg']);
    expect((await fetch(url)).status).toBe(200);
  });

  it('one that fails otherwise is a 500 and is reported', async () => {
    const { url, registry } = await serve(SITE);
    const told = vi.fn();
    registry.on('error', told);
    failFiles({ promises: ['open'] }, (file) => (file.endsWith('logo.svg') ? 'EIO' : undefined));
    expect((await fetch(`${url}logo.svg`)).status).toBe(500);
    expect(told).toHaveBeenCalledOnce();
  });
});
