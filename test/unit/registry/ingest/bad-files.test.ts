import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Diagnostic } from '../../../../registry/index.js';
import { reasonFor } from '../../../../registry/ingest/left-out.js';
import { LIMITS, ModcastError } from '../../../../schema/index.js';
import { nextEvent, open, site, type Files } from '../site.js';

const BINARY = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d]);

async function problemsOf(files: Files, more: (directory: string) => Promise<unknown> = async () => {}) {
  const directory = await site(files);
  await more(directory);
  const registry = open({ directory });
  const { problems, manifest } = (await registry.ready)!;
  return { problems, names: [...manifest.modules.keys()].toSorted() };
}

const told = (problems: readonly Diagnostic[]) => problems.map(({ path: name, message }) => [name, message]);

it('a binary file with a module’s name is reported without its bytes', async () => {
  const { problems } = await problemsOf({
    'a.mjs': BINARY,
    'b.mjs': 'export const nul = "\0";',
    'c.json': BINARY,
  });
  expect(problems.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual(
    ['a.mjs', 'c.json'].map((name) => ({
      path: name,
      kind: 'syntax',
      severity: 'error',
      message: 'this is a binary file, not source code',
      line: 1,
      column: 1,
    })),
  );
});

it('files that cannot be part of the site are left out with reasons, and the others are there', async () => {
  const { problems, names } = await problemsOf({ 'good.mjs': '1' }, async (directory) => {
    const at = (name: string) => path.join(directory, name);
    await writeFile(at('large.mjs'), '');
    await truncate(at('large.mjs'), LIMITS.blobBytes + 1);
    await writeFile(at('new\nline.mjs'), '1');
    await writeFile(Buffer.concat([Buffer.from(at('bad-')), Buffer.from([0xff]), Buffer.from('.mjs')]), '1');
    await mkdir(at('dir.mjs'));
    await symlink('nowhere', at('dangling.mjs'));
    await symlink('round.mjs', at('round.mjs'));
    await symlink('/etc/passwd', at('out.mjs'));
    await symlink('.', at('self'));
  });
  expect(names).toEqual(['good.mjs']);
  expect(new Map(told(problems) as [string, string][])).toEqual(
    new Map([
      ['large.mjs', 'it is larger than 64 MiB'],
      ['new\nline.mjs', 'it has a control character'],
      ['bad-\ufffd.mjs', 'its name is not UTF-8'],
      ['dangling.mjs', 'it is a broken link'],
      ['round.mjs', 'its symbolic links form a cycle (ELOOP)'],
      ['out.mjs', 'it is a link to a place outside the directory'],
    ]),
  );
});

it('a watched file that grows over the limit is left out until it is smaller', async () => {
  const directory = await site({ 'a.mjs': '1' });
  const registry = open({ directory, watch: true });
  await registry.ready;
  const problems = () => nextEvent<readonly Diagnostic[]>((listener) => registry.on('problems', listener));
  const large = problems();
  await truncate(path.join(directory, 'a.mjs'), LIMITS.blobBytes + 1);
  expect(told(await large)).toEqual([['a.mjs', 'it is larger than 64 MiB']]);
  const mended = problems();
  await writeFile(path.join(directory, 'a.mjs'), '2');
  expect(await mended).toEqual([]);
});

it('an error of the file system has a readable reason', () => {
  const error = (code: string) => Object.assign(new Error('EACCES: /a/b'), { code });
  expect(reasonFor(error('EACCES'))).toBe('there is no permission to read it (EACCES)');
  expect(reasonFor(error('EIO'))).toBe('EIO');
  expect(reasonFor(new ModcastError('file-unstable', '/a/b kept changing'))).toBe(
    'it kept changing while it was read',
  );
  expect(reasonFor(new Error('what'))).toBe('what');
});
