import { readFileSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { explainSystemError } from '../../../registry/system-error.js';
import { ModcastError } from '../../../schema/index.js';

const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

const system = (code: string, syscall: string, path?: string) =>
  Object.assign(new Error(`${code}: said by the system, ${syscall}`), { code, syscall, path });

it.each([
  [
    thrownBy(() => readFileSync('/none')),
    'file-unavailable',
    'cannot open /none: no such file or directory (ENOENT)',
  ],
  [
    thrownBy(() => readdirSync('/none')),
    'file-unavailable',
    'cannot read /none: no such file or directory (ENOENT)',
  ],
  [system('ENOSPC', 'write'), 'disk-full', 'cannot write a file: no space left on the device (ENOSPC)'],
  [system('EDQUOT', 'mkdir', 'out'), 'disk-full', 'cannot create out: the disk quota is used up (EDQUOT)'],
  [system('ENOSPC', 'watch', 'lib'), 'file-unavailable', 'cannot watch lib: said by the system (ENOSPC)'],
  [system('EWHAT', 'call'), 'file-unavailable', 'call failed: said by the system (EWHAT)'],
])('explains %s', (error, code, message) => {
  expect(explainSystemError(error)).toMatchObject({ code, message });
});

it('says what failed, and what to do next', () => {
  const error = explainSystemError(system('EROFS', 'open'), 'cannot write to out', 'choose another place');
  expect(error).toMatchObject({
    code: 'file-unavailable',
    message: 'cannot write to out: the file system is read-only (EROFS); choose another place',
    found: 'EROFS',
  });
});

it('leaves other errors as they are', () => {
  for (const error of [new Error('bug'), new ModcastError('store-full', 'x'), 'text', undefined]) {
    expect(explainSystemError(error)).toBe(error);
  }
});
