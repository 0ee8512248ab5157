// Hono renders the pages, with a policy that allows only scripts with a nonce. The template has modcast's tags
// itself: `registry.head` makes them, and `data-modcast` marks the scripts that wait for the loader.
//
//     npm install hono @hono/node-server modcast
//     node hono.mjs
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { html, raw } from 'hono/html';
import { secureHeaders, NONCE } from 'hono/secure-headers';
import { createRegistry } from 'modcast';
import { fileURLToPath } from 'node:url';

const directory = process.env.SITE ?? fileURLToPath(new URL('public', import.meta.url));
const registry = createRegistry({ directory });

const app = new Hono();

const policy = secureHeaders({
  // Modules run from `blob:` and `data:` URLs. Without these two, they come over HTTP.
  contentSecurityPolicy: { scriptSrc: ["'self'", NONCE, 'blob:', 'data:'] },
});

app.get('/hello/:name', policy, async (c) => {
  const name = c.req.param('name');
  const nonce = c.get('secureHeadersNonce');
  const tags = await registry.head('dev', { nonce, entries: ['main.mjs'] });
  return c.html(html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    ${raw(tags)}
    <title>${name}</title>
    <script type="module" data-modcast="module" src="/main.mjs" nonce="${nonce}"></script>
  </head>
  <body><output data-name="${name}"></output></body>
</html>
`);
});

app.all('*', async (c) => (await registry.handle(c.req.raw)) ?? c.notFound());

await registry.ready;
const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 8000) }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}/hello/Ada`);
});
// The WebSocket.
registry.attach(server);
