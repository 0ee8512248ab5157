import { ModcastError, type ErrorCode } from './errors.js';

/** A growing byte buffer with LEB128 unsigned integers. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** An integer from 0 to 2^53 - 1. */
  varint(value: number): void {
    while (value >= 0x80) {
      this.byte((value % 0x80) | 0x80);
      value = Math.floor(value / 0x80);
    }
    this.byte(value);
  }

  uint32(value: number): void {
    this.byte(value >>> 24);
    this.byte((value >>> 16) & 0xff);
    this.byte((value >>> 8) & 0xff);
    this.byte(value & 0xff);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** Reads what ByteWriter wrote. Throws `code` if a read goes beyond the end of the bytes. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #code: ErrorCode;
  #at = 0;

  constructor(bytes: Uint8Array, code: ErrorCode) {
    this.#bytes = bytes;
    this.#code = code;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  #fail(expected: string): never {
    throw new ModcastError(this.#code, `${expected} at byte ${this.#at} of ${this.#bytes.length}`, {
      expected,
      found: `${this.left} bytes`,
    });
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) this.#fail('a byte');
    this.#at++;
    return value;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 0x80;
    }
    return this.#fail('an integer of at most 53 bits');
  }

  uint32(): number {
    return this.byte() * 0x1000000 + ((this.byte() << 16) | (this.byte() << 8) | this.byte());
  }

  bytes(length: number): Uint8Array {
    if (length > this.left) this.#fail(`${length} bytes`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Throws if there are bytes left. */
  end(): void {
    if (this.left > 0) this.#fail('the end');
  }
}
