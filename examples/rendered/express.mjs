// Express renders the pages. modcast serves all other files, and puts its loader into what was rendered.
//
//     npm install express modcast
//     node express.mjs
import express from 'express';
import { createRegistry } from 'modcast';
import { fileURLToPath } from 'node:url';

const directory = process.env.SITE ?? fileURLToPath(new URL('public', import.meta.url));
const registry = createRegistry({ directory });

const escape = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);

// A template as it is without modcast.
const page = (name) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>${escape(name)}</title>
    <script type="module" src="/main.mjs"></script>
  </head>
  <body><output data-name="${escape(name)}"></output></body>
</html>
`;

const app = express();

app.get('/hello/:name', async (request, response) => {
  const html = page(request.params.name);
  const { originalUrl: url } = request;
  response.type('html').send(await registry.injectPage(html, { url, headers: response.getHeaders() }));
});

app.use(registry.middleware);

await registry.ready;
const server = app.listen(Number(process.env.PORT ?? 8000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/hello/Ada`);
});
// The WebSocket.
registry.attach(server);
