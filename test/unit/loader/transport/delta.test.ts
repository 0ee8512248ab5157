import fc from 'fast-check';
import { createDelta } from 'fossil-delta';
import { describe, expect, it } from 'vitest';
import { applyFossilDelta } from '../../../../loader/transport/delta.js';

const bytes = fc.uint8Array({ maxLength: 2000 });
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('applyFossilDelta', () => {
  it('makes of a base what the delta was made for', () => {
    const edits = fc.tuple(bytes, fc.nat(2000), fc.nat(200), bytes);
    fc.assert(
      fc.property(edits, ([base, at, removed, added]) => {
        const target = new Uint8Array([...base.subarray(0, at), ...added, ...base.subarray(at + removed)]);
        expect(applyFossilDelta(base, createDelta(base, target))).toEqual(target);
      }),
    );
  });

  it('throws for any bytes that are no delta, and nothing else', () => {
    fc.assert(
      fc.property(bytes, bytes, (base, delta) => {
        try {
          applyFossilDelta(base, delta);
        } catch (error) {
          expect(error).toMatchObject({ code: 'pack-invalid' });
        }
      }),
    );
  });

  it.each([
    ['a size over the limit', '~~~~~\n0;'],
    ['a copy from beyond the base', '4\n4@8,;'],
    ['more than the size it says', '2\n4@0,;'],
    ['less than the size it says', '4\n2@0,;'],
    ['an end without a checksum', '2\n2@0,'],
    ['an insert that is cut short', '9\n9:abc'],
  ])('refuses %s', (_, delta) => {
    expect(() => applyFossilDelta(utf8('abcdef'), utf8(delta))).toThrow(
      expect.objectContaining({ code: 'pack-invalid' }),
    );
  });
});
