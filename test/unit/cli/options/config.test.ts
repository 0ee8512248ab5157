import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readConfig } from '../../../../cli/options/config.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'modcast-config-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function read(text: string) {
  const file = path.join(directory, 'modcast.config.mjs');
  await writeFile(file, text);
  return readConfig(file);
}

it('reads the transforms of the default export', async () => {
  const one = "{ name: 'note', version: '1', filter: () => true, transform: () => null }";
  expect(await read(`export default { transforms: [${one}] };`)).toMatchObject({
    transforms: [{ name: 'note', version: '1' }],
  });
});

it('reads a default export without transforms', async () => {
  expect(await read('export default {};')).toEqual({});
});

it.each([
  ['no default export', 'export const transforms = [];', 'it has no default export'],
  ['another option', 'export default { port: 1 };', 'it sets port, and only transforms can be set there'],
  ['no list', 'export default { transforms: {} };', 'its transforms are no list'],
  [
    'no transform',
    "const one = { name: 'a', version: '1', filter() {}, transform() {} }; export default { transforms: [one, { ...one, version: 1 }] };",
    'number 2 of its transforms has no name, version, filter or transform',
  ],
  ['an error', "throw new Error('no transforms today');", 'no transforms today'],
])('says what is wrong: %s', async (_name, text, found) => {
  await expect(read(text)).rejects.toMatchObject({ code: 'option-invalid', found });
});

it('says that there is no such file, and names no file of modcast', async () => {
  const missing = path.join(directory, 'nowhere.js');
  await expect(readConfig(missing)).rejects.toThrow(`--config ${missing}: there is no such file`);
});
