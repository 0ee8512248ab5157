import { describe, expect, it, vi } from 'vitest';
import { createDescribe } from '../../../../../loader/hot/errors/describe.js';
import { ModuleRecords } from '../../../../../loader/hot/modules/module-records.js';
import { UrlLifetime } from '../../../../../loader/hot/modules/url-lifetime.js';
import { FakePage, ROOT } from '../fake-page.js';

const FILES = {
  'main.mjs': `import './a.mjs';`,
  'a.mjs': `import { here } from './here.mjs';\n/* ü */ import './lib/gone.mjs';\nimport './later.mjs';`,
  'here.mjs': 'export const here = 1;',
};

function describer(files: Record<string, string>) {
  const { ports } = new FakePage(files);
  return createDescribe(ports, new ModuleRecords(ports, new UrlLifetime(() => {})));
}

describe.each([
  `Failed to fetch dynamically imported module: data:text/javascript;modcast=3;base64,AAAA`,
  `error loading dynamically imported module: blob:${ROOT}1234`,
  `Importing a module script failed.`,
])('“%s”', (message) => {
  it('names the import that fails, and its place, in the words of the server', () => {
    const { error } = describer(FILES);
    const text = 'cannot find "./lib/gone.mjs"';
    expect(error(new TypeError(message), 'main.mjs')).toEqual({
      message: text,
      stack: text,
      id: 'a.mjs',
      loc: { file: 'a.mjs', line: 2, column: 16 },
      frame: expect.stringContaining(`2 | /* ü */ import './lib/gone.mjs';`),
    });
  });

  it('does not name a file that the browser has loaded from the site', () => {
    const status = (name: string) => (name === `${ROOT}lib/gone.mjs` ? 200 : 404);
    vi.spyOn(performance, 'getEntriesByName').mockImplementation((name) => [
      { responseStatus: status(name) } as PerformanceResourceTiming,
    ]);
    const described = describer(FILES).error(new TypeError(message), 'main.mjs');
    expect(described.message).toBe('cannot find "./later.mjs"');
  });

  it('stays as it is if the manifest has all that is imported', () => {
    const files = { 'main.mjs': `import './here.mjs'; import 'https://cdn.example/x.mjs';`, 'here.mjs': '' };
    const described = describer(files).error(new TypeError(message), 'main.mjs');
    expect(described.message).toMatch(/^TypeError: /);
    expect(described).toMatchObject({ id: 'main.mjs' });
    expect(described.loc).toBe(undefined);
  });
});
