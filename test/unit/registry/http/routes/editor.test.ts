import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAccess } from '../../../../../registry/auth/allowed-origins.js';
import { createEditorRoute } from '../../../../../registry/http/routes/editor.js';
import { systemClock } from '../../../../../registry/clock.js';
import { LIMITS } from '../../../../../schema/index.js';
import { Client, SITE, serve, site, temporary, write } from '../../site.js';

const TOKEN = 'the token of this run';
const PLACE = { path: 'lib/leaf.js', line: 1, column: 8 };

interface Sent {
  headers?: Record<string, string>;
  body?: string;
  method?: string;
}

/** A route whose editor only records what it opens. */
async function route(failure: string | null = null) {
  const directory = await site({ ...SITE, 'a b.mjs': '1', 'node_modules/x/index.js': '1' });
  const opened: (string | number)[][] = [];
  const ask = createEditorRoute({
    directory,
    token: TOKEN,
    access: createAccess([], []),
    clock: systemClock,
    async open(file, line, column) {
      opened.push([path.relative(directory, file), line, column]);
      return failure;
    },
  });
  const send = async ({ headers = {}, body = JSON.stringify(PLACE), method = 'POST' }: Sent = {}) => {
    const right = { Host: 'localhost:1', Origin: 'http://localhost:1', 'Modcast-Token': TOKEN };
    const url = 'http://localhost:1/-/editor';
    const all = Object.entries({ ...right, ...headers }).filter(([, value]) => value !== '');
    const init = { method, headers: all, ...(method === 'POST' ? { body } : {}) };
    const response = await ask(new Request(url, init as RequestInit), new Headers());
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const place = (over: object) => send({ body: JSON.stringify({ ...PLACE, ...over }) });
  return { directory, opened, send, place };
}

describe('a request of a page of the site', () => {
  it('opens the file at the given place', async () => {
    const { opened, send, place } = await route();
    expect(await send()).toMatchObject({ status: 204, text: '' });
    expect((await place({ path: 'a b.mjs', line: 12, column: 3 })).status).toBe(204);
    expect((await place({ path: 'node_modules/x/index.js' })).status).toBe(204);
    expect(opened).toEqual([
      ['lib/leaf.js', 1, 8],
      ['a b.mjs', 12, 3],
      ['node_modules/x/index.js', 1, 8],
    ]);
  });

  it('gets the reason why the editor failed', async () => {
    const { send } = await route('no editor found');
    expect(await send()).toMatchObject({ status: 503, text: 'no editor found\n' });
  });

  it('opens the target of a link inside the site', async () => {
    const { directory, opened, place } = await route();
    await symlink('main.js', path.join(directory, 'alias.js'));
    expect((await place({ path: 'alias.js' })).status).toBe(204);
    expect(opened).toEqual([['main.js', 1, 8]]);
  });
});

describe('a request that is refused', () => {
  it.each([
    ['another origin', { Origin: 'http://evil.example' }],
    ['another port', { Origin: 'http://localhost:2' }],
    ['an opaque origin', { Origin: 'null' }],
    ['no origin', { Origin: '' }],
    ['no token', { 'Modcast-Token': '' }],
    ['another token', { 'Modcast-Token': `${TOKEN}!` }],
    ['the beginning of the token', { 'Modcast-Token': TOKEN.slice(0, -1) }],
  ])('%s is a 403', async (_what, headers) => {
    const { opened, send } = await route();
    expect((await send({ headers: headers as Record<string, string> })).status).toBe(403);
    expect(opened).toEqual([]);
  });

  it.each([
    '../secret.js',
    'lib/../../secret.js',
    '/etc/passwd',
    'lib//leaf.js',
    './main.js',
    'main.js\0.png',
    'main.js\n',
    '',
  ])('the path %j is a 400', async (name) => {
    const { opened, place } = await route();
    expect((await place({ path: name })).status).toBe(400);
    expect(opened).toEqual([]);
  });

  it.each(['nothing.js', '.env', 'lib', 'main.js/x', 'file:main.js', '%2e%2e/secret.js', 'main.js:1:1'])(
    'the path %j, of no file of the site, is a 404',
    async (name) => {
      const { opened, place } = await route();
      expect((await place({ path: name })).status).toBe(404);
      expect(opened).toEqual([]);
    },
  );

  it('a link out of the site is a 404', async () => {
    const { directory, opened, place } = await route();
    const outside = await temporary();
    await write(outside, { 'secret.js': '1' });
    await symlink(path.join(outside, 'secret.js'), path.join(directory, 'link.js'));
    await symlink(outside, path.join(directory, 'out'));
    await symlink('.env', path.join(directory, 'env.js'));
    for (const name of ['link.js', 'out/secret.js', 'env.js']) {
      expect((await place({ path: name })).status).toBe(404);
    }
    expect(opened).toEqual([]);
  });

  it.each([
    ['no JSON', 'path=main.js'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no path', '{"line":1,"column":1}'],
    ['a line that is a text', JSON.stringify({ ...PLACE, line: '1; rm -rf' })],
    ['line 0', JSON.stringify({ ...PLACE, line: 0 })],
    ['half a column', JSON.stringify({ ...PLACE, column: 1.5 })],
    ['a line beyond all numbers', '{"path":"main.js","line":1e999,"column":1}'],
    ['something more', JSON.stringify({ ...PLACE, editor: 'sh' })],
  ])('%s is a 400', async (_what, body) => {
    const { opened, send } = await route();
    expect((await send({ body })).status).toBe(400);
    expect(opened).toEqual([]);
  });

  it('an endless body is a 413', async () => {
    const { opened, send } = await route();
    expect((await send({ body: ' '.repeat(LIMITS.editorRequestBytes + 1) })).status).toBe(413);
    expect(opened).toEqual([]);
  });

  it('another method is a 405', async () => {
    const { opened, send } = await route();
    const refused = await send({ method: 'GET' });
    expect([refused.status, refused.headers.get('Allow')]).toEqual([405, 'POST']);
    expect(opened).toEqual([]);
  });
});

describe('a server that watches', () => {
  const post = (url: string, token: string) =>
    fetch(`${url}-/editor`, {
      method: 'POST',
      headers: { Origin: url.slice(0, -1), 'Modcast-Token': token },
      body: JSON.stringify({ ...PLACE, path: 'nothing.js' }),
    });

  it('sends its pages a token over the socket, a new one in each run', async () => {
    const tokens = new Set<string>();
    for (let run = 0; run < 2; run++) {
      const { port, url } = await serve(SITE, { watch: true });
      const { data } = await new Client(port).message('message');
      const { type, token } = data as { type: string; token: string };
      expect(type).toBe('editor');
      expect(token).toMatch(/^[\w-]{24}$/);
      tokens.add(token);
      expect((await post(url, 'other')).status).toBe(403);
      // Only the file is missing.
      expect((await post(url, token)).status).toBe(404);
      expect(await (await fetch(url)).text()).not.toContain(token);
    }
    expect(tokens.size).toBe(2);
  });

  it('has the route only while it watches', async () => {
    const { url } = await serve(SITE, { watch: false });
    expect((await post(url, '')).status).toBe(405);
    expect((await fetch(`${url}-/editor`)).status).toBe(404);
  });
});
