import { describe, expect, it, vi } from 'vitest';
import { chooseTarget, type TargetRequest } from '../../../../loader/linking/choose-target.js';

const KIB = 1024;

/** A JavaScript module that is here, in a page that permits everything. */
function request({
  type = 'text/javascript',
  state = 'linkable',
  linkedBytes = 1,
  ...rest
}: Partial<TargetRequest & { type: string } & TargetRequest['source']> = {}): TargetRequest {
  return {
    module: { path: 'a.mjs', url: 'https://site.test/a.mjs', hash: 'a'.repeat(64), size: 1, type },
    instance: 'first',
    permitted: 'data',
    pinned: false,
    watched: false,
    isRepeated: () => false,
    source: { state, linkedBytes },
    ...rest,
  };
}

describe('a first instance', () => {
  it.each([
    ['data where everything is permitted', {}, 'data'],
    ['data for JSON', { type: 'application/json' }, 'data'],
    ['blob where data URLs are not permitted or slower', { permitted: 'blob' }, 'blob'],
    ['http where neither is permitted', { permitted: 'http' }, 'http'],
    ['data up to 128 KiB', { linkedBytes: 128 * KIB }, 'data'],
    ['blob above 128 KiB', { linkedBytes: 128 * KIB + 1 }, 'blob'],
    ['blob where the import map would repeat it', { isRepeated: () => true }, 'blob'],
    ['http while its blob is missing', { state: 'unknown' }, 'http'],
    ['the site where it does not parse', { state: 'broken' }, undefined],
    ['http where it does not parse and the site is watched', { state: 'broken', watched: true }, 'http'],
    ['the site where the engine may not parse it', { state: 'new-syntax', watched: true }, undefined],
    ['the site where it is pinned', { pinned: true }, undefined],
    ['the site where it is pinned, even over HTTP', { pinned: true, permitted: 'http' }, undefined],
    ['the site for CSS', { type: 'text/css' }, undefined],
    ['the site for CSS, even over HTTP', { type: 'text/css', permitted: 'http' }, undefined],
  ] as const)('gets %s', (_, given, kind) => {
    expect(chooseTarget(request(given))).toBe(kind);
  });
});

describe('a later instance', () => {
  it.each([
    ['data', {}, 'data'],
    ['data up to 16 KiB', { linkedBytes: 16 * KIB }, 'data'],
    ['blob above 16 KiB', { linkedBytes: 16 * KIB + 1 }, 'blob'],
    ['data where rules of the page lead to the first one', { isRepeated: () => true }, 'data'],
    ['http for CSS', { type: 'text/css' }, 'http'],
    ['http where it does not parse and the site is watched', { state: 'broken', watched: true }, 'http'],
    ['the site where it is pinned', { pinned: true }, undefined],
    ['the site for pinned CSS', { pinned: true, type: 'text/css' }, undefined],
  ] as const)('gets %s', (_, given, kind) => {
    expect(chooseTarget(request({ instance: 'later', ...given }))).toBe(kind);
  });
});

describe('the source', () => {
  it('is not read for a page without blobs: reading hashes them', () => {
    const state = vi.fn();
    const source = Object.defineProperty({ linkedBytes: 0 }, 'state', { get: state });
    chooseTarget({ ...request({ permitted: 'http' }), source: source as never });
    expect(state).not.toHaveBeenCalled();
  });

  it('is not linked where its size does not matter', () => {
    const linkedBytes = vi.fn();
    const source = Object.defineProperty({ state: 'linkable' }, 'linkedBytes', { get: linkedBytes });
    chooseTarget({ ...request({ permitted: 'blob' }), source: source as never });
    expect(linkedBytes).not.toHaveBeenCalled();
  });
});
