import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { NAVIGATION, open, serve, servePublished, write, nextEvent, type Files } from '../../site.js';

const FAULT = new URL('../../../../fixtures/faults/spa-routes/', import.meta.url);
const files: Files = Object.fromEntries(
  await Promise.all(
    ['index.html', 'main.js'].map(async (name) => [name, await readFile(new URL(name, FAULT), 'utf8')]),
  ),
);
const SITE: Files = {
  ...files,
  'app/shell.html': '<!doctype html><title>shell</title><script type=module src=main.js></script>',
  'docs/index.html': '<!doctype html><title>docs</title>',
  'lib/a.js': '',
};
const TITLE = '<title>x</title>';

const ask = async (url: string, target: string, headers: Record<string, string> = NAVIGATION) => {
  const response = await fetch(new URL(target, url), { headers });
  return { status: response.status, text: await response.text(), headers: response.headers };
};

describe.each([
  ['a directory', async (single: boolean | string) => serve(SITE, { single })],
  ['a published site', async (single: boolean | string) => servePublished(SITE, { single })],
])('spa-routes: with `single`, %s', (_, start) => {
  it('answers a navigation to a path without a file with its page, and the loader in it', async () => {
    const { url } = await start(true);
    for (const target of ['/line', '/a/b/', '/lib', '/lib/', '/v1.2', '/user@x.test?q=1', '/caf%C3%A9']) {
      const { status, text, headers } = await ask(url, target);
      expect([target, status]).toEqual([target, 200]);
      expect(text).toContain(TITLE);
      expect(text).toContain('/-/loader.js');
      expect(headers.get('Content-Type')).toContain('text/html');
      expect(headers.get('Cache-Control')).toBe('no-cache');
    }
    expect((await ask(url, '/docs/')).text).toContain('<title>docs</title>');
    expect((await ask(url, '/main.js')).headers.get('Content-Type')).toBe('text/javascript');
    const head = await fetch(new URL('/line', url), { method: 'HEAD', headers: NAVIGATION });
    expect(head.status).toBe(200);
  });

  it('gives a request by script that asks for HTML the file, and others a 404', async () => {
    const { url } = await start(true);
    const fetched = await ask(url, '/line', { Accept: 'text/html', 'Sec-Fetch-Dest': 'empty' });
    expect([fetched.status, fetched.text]).toEqual([200, SITE['index.html']]);
    for (const accept of ['*/*', 'image/avif,image/*,*/*;q=0.8', 'text/html;q=0, */*', 'application/json']) {
      expect((await ask(url, '/missing.js', { Accept: accept })).status).toBe(404);
    }
    expect((await fetch(new URL('/line', url), { method: 'POST', headers: NAVIGATION })).status).toBe(404);
  });

  it('still refuses what it refuses, and keeps the registry’s own routes', async () => {
    const { url } = await start(true);
    expect((await ask(url, '/.env')).status).toBe(404);
    expect((await ask(url, '/a/%2e%2e%2f%2e%2e/x')).status).toBe(400);
    expect((await ask(url, '/-/nothing')).status).toBe(404);
  });

  it('takes another page, whose imports count from the route', async () => {
    const { url } = await start('app/shell.html');
    const { text } = await ask(url, '/app/deep');
    expect(text).toContain('<title>shell</title>');
    expect(text).toContain('data-entries="[]"');
    expect((await ask(url, '/line')).text).toContain('data-entries=\'["main.js"]\'');
    expect((await ask(url, '/')).text).toContain(TITLE);
  });

  it('answers 404 while there is no such page, and without the option', async () => {
    expect((await ask((await start('nothing.html')).url, '/line')).status).toBe(404);
    expect((await ask((await start(false)).url, '/line')).status).toBe(404);
  });
});

it('tells hot reload which file a route shows', async () => {
  const { url, registry, directory } = await serve(SITE, { single: true, watch: true });
  expect((await ask(url, '/line')).text).toContain('data-hot-file="index.html"');
  expect((await ask(url, '/docs/')).text).toContain('data-hot-file="docs/index.html"');
  const deployed = nextEvent((told) => registry.on('deploy', told));
  await write(directory, {
    'index.html': '<!doctype html><title>new</title><script type=module src=main.js></script>',
  });
  await deployed;
  expect((await ask(url, '/line')).text).toContain('<title>new</title>');
});

it('names the file, not the route, of a page that is served without the loader', async () => {
  const policy = `<meta http-equiv="Content-Security-Policy" content="script-src 'self'">`;
  const page = `<!doctype html>${policy}<script type="module" src="/main.js"></script>`;
  const { url, registry } = await serve({ ...SITE, 'index.html': page }, { single: true });
  const pages: string[] = [];
  registry.on('unchanged', (name) => void pages.push(name));
  for (const route of ['', 'a', 'b/c']) await (await fetch(url + route, { headers: NAVIGATION })).text();
  expect(pages).toEqual(['index.html', 'index.html', 'index.html']);
});

it.each([['../x.html'], ['.env'], ['/index.html'], [''], [1]])('the page cannot be %j', async (single) => {
  expect(() => open({ directory: '.', single: single as string })).toThrow(
    expect.objectContaining({ code: 'option-invalid' }),
  );
});

it('needs a site that the registry serves', () => {
  expect(() => open({ single: true })).toThrow(expect.objectContaining({ code: 'option-invalid' }));
});
