import { expect, it } from 'vitest';
import { ModuleTransformer } from '../../../../registry/transform/module-transformer.js';
import type { Transform } from '../../../../registry/transform/transform.js';

const named = (name: string, version: string): Transform => ({
  name,
  version,
  filter: () => true,
  transform: () => null,
});

it('has a version of its own for each list of transforms', () => {
  const lists = [
    [],
    [named('a', '1')],
    [named('a', '2')],
    [named('b', '1')],
    [named('a', '1'), named('b', '2')],
    [named('b', '2'), named('a', '1')],
    [named('a', '1, b 2')],
    [named('a 1, b', '2')],
    [named('a 1', 'b 2')],
  ];
  const versions = lists.map((own) => new ModuleTransformer(own).version);
  expect(new Set(versions).size).toBe(lists.length);
  expect(new ModuleTransformer(lists[4]).version).toBe(versions[4]);
});
