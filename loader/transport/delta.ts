import { ModcastError } from '../../schema/errors.js';
import { LIMITS } from '../../schema/limits.js';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~';

function invalid(expected: string): never {
  throw new ModcastError('pack-invalid', `delta: expected ${expected}`, { expected });
}

/**
 * Applies a delta of Fossil's format (https://fossil-scm.org/home/doc/trunk/www/delta_format.wiki). Its
 * checksum is not read: the result is hashed.
 *
 * @throws ModcastError `pack-invalid`
 */
export function applyFossilDelta(base: Uint8Array, delta: Uint8Array): Uint8Array {
  let at = 0;
  const operator = () => String.fromCharCode(delta[at++] ?? invalid('an operator'));
  const integer = (): number => {
    let value = 0;
    for (; at < delta.length; at++) {
      const digit = DIGITS.indexOf(String.fromCharCode(delta[at]!));
      if (digit === -1) break;
      value = value * 64 + digit;
    }
    return value;
  };
  const size = integer();
  if (operator() !== '\n' || size > LIMITS.blobBytes) invalid(`a size up to ${LIMITS.blobBytes}`);
  const out = new Uint8Array(size);
  let done = 0;
  const copy = (from: Uint8Array, start: number, count: number) => {
    if (start + count > from.length || done + count > size) invalid('a copy within the bytes');
    out.set(from.subarray(start, start + count), done);
    done += count;
  };
  for (;;) {
    const count = integer();
    switch (operator()) {
      case '@': {
        const start = integer();
        if (operator() !== ',') invalid('a comma');
        copy(base, start, count);
        break;
      }
      case ':':
        copy(delta, at, count);
        at += count;
        break;
      case ';':
        return done === size ? out : invalid(`${size} bytes`);
      default:
        invalid('"@", ":" or ";"');
    }
  }
}
