import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, graphOf, pathsOf } from '../../unit/importmap/graph-of.js';

describe('for any graph with cycles', () => {
  const SIZE = 9;
  const forms = [
    "import './NAME';",
    "export * from './NAME';",
    "export * as n from './NAME';",
    "import {} from './NAME';",
  ];
  const imports = fc.tuple(fc.nat(SIZE - 1), fc.constantFrom(...forms)).map(([index, form]) => {
    return form.replace('NAME', `${index}.mjs`);
  });
  const graph = fc.array(fc.uniqueArray(imports, { maxLength: 4, selector: (text) => text }), {
    minLength: SIZE,
    maxLength: SIZE,
  });
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'modcast-graph-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  const RUNNER = `
    import { pathToFileURL } from 'node:url';
    const orders = [];
    for (let g = 0; g < Number(process.argv[2]); g++) {
      globalThis.order = [];
      for (const entry of [0, 1]) await import(pathToFileURL(\`\${process.argv[3]}/\${g}/\${entry}.mjs\`).href);
      orders.push(globalThis.order);
    }
    console.log(JSON.stringify(orders));`;

  it('the closure is in the order in which an engine evaluates it', async () => {
    const graphs = fc.sample(graph, 80).map((modules) =>
      // Star exports of one name twice would be an error where somebody asks for it; nobody does.
      modules.map((statements, index) => {
        const unique = statements.map((text, n) => text.replace('as n', `as n${n}`));
        return `${unique.join('\n')}\nglobalThis.order?.push('${index}.mjs');`;
      }),
    );
    for (const [number, modules] of graphs.entries()) {
      const folder = path.join(directory, String(number));
      await mkdir(folder);
      await Promise.all(modules.map((text, index) => writeFile(path.join(folder, `${index}.mjs`), text)));
    }
    const runner = path.join(directory, 'run.mjs');
    await writeFile(runner, RUNNER);
    const { stdout } = await promisify(execFile)(process.execPath, [
      runner,
      String(graphs.length),
      directory,
    ]);
    const orders = JSON.parse(stdout) as string[][];
    for (const [number, modules] of graphs.entries()) {
      const sources = Object.fromEntries(modules.map((text, index) => [`${index}.mjs`, text]));
      const { modules: closure } = graphOf(sources).closure(at('0.mjs', '1.mjs'));
      expect(pathsOf(closure), JSON.stringify(modules)).toEqual(orders[number]);
    }
  });
});
