import { beforeEach, describe, expect, it, vi } from 'vitest';
import { correctError } from '../../../../loader/page/correct-error.js';

const natural = (text: string): string => text.replaceAll('blob:1', 'https://host/a.mjs');

describe('correctError', () => {
  /** In Node, errors have this property. */
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const NativeError = Error;

  beforeEach(() => {
    delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
    return () => void (prepare && Object.defineProperty(NativeError, 'prepareStackTrace', prepare));
  });

  it('corrects the message, a stack that contains it, and the file name', () => {
    const error = Object.assign(new TypeError('blob:1'), { stack: 'at blob:1', fileName: 'blob:1' });
    correctError(error, natural);
    expect(error).toMatchObject({
      message: 'https://host/a.mjs',
      stack: 'at https://host/a.mjs',
      fileName: 'https://host/a.mjs',
    });
  });

  it('corrects a stack in WebKit, which names the places of blobs', () => {
    const construct = (target: ErrorConstructor, given: [string]) =>
      Object.assign(Reflect.construct(target, given), { sourceURL: '' });
    vi.stubGlobal('Error', new Proxy(NativeError, { construct }));
    const error = Object.assign(new TypeError('boo'), { stack: 'f@blob:1:3:21' });
    correctError(error, natural);
    expect(error.stack).toBe('f@https://host/a.mjs:3:21');
  });

  it('leaves an error that the page has frozen', () => {
    const stack = 'TypeError: blob:1\n    at f (https://host/a.mjs:1:9)';
    const error = Object.freeze(Object.assign(new TypeError('blob:1'), { stack }));
    correctError(error, natural);
    expect([error.message, error.stack]).toEqual(['blob:1', stack]);
  });

  it('reads no stack where the page may see that', () => {
    const read = vi.fn<() => string>();
    const error = Object.defineProperty(new TypeError('blob:1'), 'stack', { get: read });
    Object.assign(Error, { prepareStackTrace: () => '' });
    correctError(error, natural);
    expect(error.message).toBe('https://host/a.mjs');
    expect(read).not.toHaveBeenCalled();
  });

  it('leaves what is no error', () => {
    const thrown = { message: 'blob:1' };
    for (const value of [thrown, 'blob:1', null, undefined]) correctError(value, natural);
    expect(thrown.message).toBe('blob:1');
  });
});
