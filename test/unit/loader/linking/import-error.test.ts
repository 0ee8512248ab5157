import { beforeEach, describe, expect, it } from 'vitest';
import { correctImportError } from '../../../../loader/linking/import-error.js';

const IMPORTER = 'https://host/main.mjs';

const natural = (text: string): string => text.replaceAll('blob:1', 'https://host/a.mjs');

const corrected = (properties: object): Error => {
  const error = Object.assign(new TypeError('boo'), properties);
  correctImportError(error, natural, IMPORTER);
  return error;
};

describe('an error of an import() that the loader has called', () => {
  beforeEach(() => {
    // In Node, errors have this property.
    const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
    delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
    return () => void (prepare && Object.defineProperty(Error, 'prepareStackTrace', prepare));
  });

  it.each([
    [
      'Chromium',
      'TypeError: boo\n    at f (https://host/-/loader.js?v=1:1:9)\n    at async g (https://host/a.mjs:1:2)',
      'TypeError: boo\n    at async g (https://host/a.mjs:1:2)',
    ],
    [
      'joined modules',
      'f@https://host/-/fused-loader.js?v=1:1:9\ng@https://host/a.mjs:1:2\n',
      'g@https://host/a.mjs:1:2\n',
    ],
    ['Firefox', 'f@https://host/-/hot.js:1:9\ng@https://host/a.mjs:1:2\n', 'g@https://host/a.mjs:1:2\n'],
    ['another file', 'loader.js@https://host/loader.js:1:9', 'loader.js@https://host/loader.js:1:9'],
  ])('has no frames of the loader: %s', (_, stack, left) => {
    expect(corrected({ stack }).stack).toBe(left);
  });

  it.each([
    ['the importing function', 'f@https://host/-/loader.js:1:9\ng@blob:1:3:2\n', 'https://host/a.mjs', 3, 2],
    ['a function without a name', 'https://host/a.mjs:3:2', 'https://host/a.mjs', 3, 2],
    ['the importing script, as natively, without frames', '', IMPORTER, 0, 1],
  ])('has the place of %s', (_, stack, file, line, column) => {
    const loader = 'https://host/-/loader.js';
    expect(corrected({ stack, fileName: loader, lineNumber: 1, columnNumber: 9 })).toMatchObject({
      fileName: file,
      lineNumber: line,
      columnNumber: column,
    });
    const inWebKit = corrected({ stack, sourceURL: loader, line: 1, column: 9 });
    expect(inWebKit).toMatchObject({ sourceURL: file, line, column });
    expect(inWebKit).not.toHaveProperty('fileName');
  });

  it('keeps the place of a module that has thrown it', () => {
    const stack = 'f@blob:1:3:2\ng@https://host/-/loader.js:1:9\n';
    expect(corrected({ stack, fileName: 'blob:1', lineNumber: 3 })).toMatchObject({
      fileName: 'https://host/a.mjs',
      lineNumber: 3,
    });
  });

  it('stays as it is if the page has frozen it, or is no error', () => {
    const stack = 'f@https://host/-/loader.js:1:9';
    const error = Object.freeze(Object.assign(new TypeError('blob:1'), { stack }));
    for (const thrown of [error, 'blob:1', null, undefined]) correctImportError(thrown, natural, IMPORTER);
    expect([error.message, error.stack]).toEqual(['blob:1', stack]);
  });
});
