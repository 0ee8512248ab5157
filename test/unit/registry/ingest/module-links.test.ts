import { expect, it } from 'vitest';
import { moduleLinks } from '../../../../registry/ingest/module-links.js';
import type { Path } from '../../../../schema/index.js';

const read = (source: string) => moduleLinks('a.mjs' as Path, Buffer.from(source));

it.each([
  "import d from './d.json' assert { type: 'json' };",
  "import './d.json' assert{type:'json'}",
  "export * from './d.json' /* old */ assert /* form */ { type: 'json' };",
  "import a from './a.mjs';\nexport { default } from './d.json'\tassert\n{ type: 'json' };",
])('leaves to the browser what only some parse: %s', async (source) => {
  const { links, problem } = await read(source);
  expect(links).toEqual({ state: 'unparsed', list: [] });
  expect(problem).toBeUndefined();
});

it.each([
  "import d from './d.json' with { type: 'json' };",
  "import './a.mjs'\nassert({ type: 'json' });",
  "import './a.mjs'\nassert\n{ type: 'json' }",
  "import './a.mjs' // assert { type: 'json' }\n",
  `const text = "import './a.mjs' assert { type: 'json' }";`,
  "import('./a.mjs'), assert;",
])('links what is no such attribute: %s', async (source) => {
  const { links, problem } = await read(source);
  expect(links?.state).toBe('linked');
  expect(problem).toBeUndefined();
});
