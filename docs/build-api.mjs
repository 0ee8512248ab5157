// Prints docs/api.md from the options, events and limits in the code.
// `npm run build && node docs/build-api.mjs > docs/api.md`
import { readFileSync } from 'node:fs';
import { LIMITS } from '../dist/schema/index.js';

const source = (name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

/** The text of a doc comment, on one line. */
const plain = (comment) =>
  comment
    .replaceAll(/^\s*\*? ?/gm, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();

const cell = (text) => text.replaceAll('|', '\\|');

/** `/** what *\/ name?: type;` of an interface, in order. */
function members(text, name) {
  const body = text.slice(text.indexOf(`interface ${name} {`)).split('\n}\n', 1)[0];
  return [...body.matchAll(/\/\*\*(.*?)\*\/\s*(\w+)\?: (.*?);(?:\n|$)/gs)].map(([, what, option, type]) => ({
    option,
    type: option === 'channel' ? 'string' : type,
    what: plain(what),
  }));
}

/** Each limit with its doc comment. */
const limits = [...source('schema/limits.ts').matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s*(\w+):/gs)].map(
  ([, what, limit]) => ({ limit, what: plain(what) }),
);

const options = members(source('registry/options.ts'), 'RegistryOptions').map(
  ({ option, type, what }) => `| \`${option}\` | \`${cell(type)}\` | ${cell(what)} |`,
);

/** `/** what *\/ name: (parameters) => void;` of the events, in order. */
const events = [
  ...source('registry/events.ts').matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s*(\w+): (\(.*?\)) => void;/gs),
].map(([, what, name, parameters]) => `| \`${name}\` | \`${cell(parameters)}\` | ${cell(plain(what))} |`);

const rows = limits.map(
  ({ limit, what }) => `| \`${limit}\` | ${LIMITS[limit].toLocaleString('en')} | ${cell(what)} |`,
);

process.stdout.write(`# The API in Node

This page is generated from the code by \`npm run docs\`.

\`\`\`js
import { createRegistry } from 'modcast';

const registry = createRegistry({ directory: 'public' });
\`\`\`

The types use those of Node (\`http.Server\`, \`IncomingMessage\`), so a TypeScript project needs \`@types/node\` for \`createRegistry\`.

## Options of \`createRegistry\`

All options are optional. A mistyped option, or a wrong value, fails with \`option-invalid\` and names the right one.

| option | type | meaning |
| --- | --- | --- |
${options.join('\n')}

## Events

\`registry.on(event, listener)\` returns a function that removes the listener. An unknown event fails with \`event-unknown\`.

| event | listener's parameters | when |
| --- | --- | --- |
${events.join('\n')}

## Pages that the application renders

\`registry.injectPage(html, { url, headers })\` puts the loader into rendered HTML. \`registry.head(channel, options)\` returns the tags for
a template. [rendered-pages.md](rendered-pages.md) explains both.

## Limits

A limit that is not also an option above is fixed. Programs find all limits in \`LIMITS\` of \`modcast/schema\`.

| limit | value | meaning |
| --- | ---: | --- |
${rows.join('\n')}

## In the page

The loader's script sets \`globalThis.modcast\`. A page that is served without modcast, or that opts out, does not have it. So its type
is \`Modcast | undefined\`, and under \`strict\` TypeScript requires \`?.\` or a check:

\`\`\`ts
import type { Modcast } from 'modcast/loader';

globalThis.modcast?.on('deploy', ({ deploy }) => offerReload(deploy));
\`\`\`
`);
