import { expect, it } from 'vitest';
import { listFiles } from '../../../../registry/history/listing.js';
import { manifestOf } from '../../../contract/store-fixture.js';

const manifest = manifestOf([
  ['b.mjs', '12'],
  ['lib/a.mjs', '123'],
  ['lib/deep/c.mjs', '1234'],
  ['lib.mjs', ''],
]);

const listed = (name: string, recursive?: boolean) =>
  listFiles(manifest, name, recursive).map((one) =>
    one.kind === 'file' ? `${one.path} ${one.module.size}` : `${one.path} ${one.files} ${one.size}`,
  );

it.each([
  ['', ['b.mjs 2', 'lib.mjs 0', 'lib/ 2 7']],
  ['lib', ['lib/a.mjs 3', 'lib/deep/ 1 4']],
  ['lib/deep', ['lib/deep/c.mjs 4']],
  ['b.mjs', ['b.mjs 2']],
  ['li', []],
])('lists %j', (name, expected) => {
  expect(listed(name)).toEqual(expected);
});

it('lists all files below a directory', () => {
  expect(listed('', true)).toEqual(['b.mjs 2', 'lib.mjs 0', 'lib/a.mjs 3', 'lib/deep/c.mjs 4']);
  expect(listed('lib', true)).toEqual(['lib/a.mjs 3', 'lib/deep/c.mjs 4']);
});
