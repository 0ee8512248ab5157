import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { utimes } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import { isMeantEmpty, isUnchanged, readStable, statFile } from '../../../../registry/ingest/read-file.js';
import { LIMITS } from '../../../../schema/index.js';
import { site, temporary } from '../site.js';

/** Reads a file, and after each read changes it as another process could. */
const readDisturbed = (file: string, disturb: () => void) =>
  readStable(file, (descriptor) => {
    const bytes = fs.readFileSync(descriptor);
    disturb();
    return bytes;
  });

async function file(content: string | Uint8Array = 'content'): Promise<string> {
  return path.join(await site({ f: content }), 'f');
}

describe('isMeantEmpty', () => {
  it('is true only for a file that has been empty for a while', async () => {
    const empty = await file('');
    expect(isMeantEmpty(empty)).toBe(false);
    await utimes(empty, 1, 1);
    expect(isMeantEmpty(empty)).toBe(true);
    expect(isMeantEmpty(`${empty} that is gone`)).toBe(false);
    // The file has been written since it was read.
    expect(isMeantEmpty(await file('1'))).toBe(false);
  });
});

describe('readStable', () => {
  it.each([
    ['text', 'export {}'],
    ['nothing', ''],
    ['bytes that are no UTF-8', new Uint8Array([0xff, 0x00, 0xfe])],
  ])('reads %s as it is', async (_, content) => {
    const { bytes, hash } = readStable(await file(content));
    expect(bytes).toEqual(Buffer.from(content as string));
    expect(hash).toBe(blake3(Buffer.from(content as string)));
  });

  it('retries when the file changes during the read, and never mixes two versions', async () => {
    const name = await file('first');
    const versions = ['second, and longer', 'x', 'third'];
    const disturb = () => {
      const next = versions.shift();
      if (next !== undefined) fs.writeFileSync(name, next);
    };
    expect(readDisturbed(name, disturb).bytes.toString()).toBe('third');
  });

  it('notices a write of the same length, and a file cut short', async () => {
    const name = await file('aaaa');
    let writes = 0;
    const disturb = () => {
      writes++;
      if (writes === 1) {
        fs.writeFileSync(name, 'bbbb');
        fs.utimesSync(name, 5, 5);
      }
      if (writes === 2) fs.truncateSync(name, 1);
    };
    expect(readDisturbed(name, disturb).bytes.toString()).toBe('b');
    expect(writes).toBe(3);
  });

  it('fails for a file that keeps changing', async () => {
    const name = await file('');
    const disturb = () => fs.appendFileSync(name, 'x');
    expect(() => readDisturbed(name, disturb)).toThrow(expect.objectContaining({ code: 'file-unstable' }));
  });

  it('refuses a file that is too large without reading it', async () => {
    const name = await file('');
    fs.truncateSync(name, LIMITS.blobBytes + 1);
    const read = vi.fn<(descriptor: number) => Buffer>();
    expect(() => readStable(name, read)).toThrow(
      expect.objectContaining({
        code: 'blob-too-large',
        expected: LIMITS.blobBytes,
        found: LIMITS.blobBytes + 1,
      }),
    );
    expect(read).not.toHaveBeenCalled();
  });

  it('throws the file system’s own errors', async () => {
    const directory = await temporary();
    expect(() => readStable(path.join(directory, 'nothing'))).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
    expect(() => readStable(directory)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
  });

  it('does not trust the time stamp of a file that was just written', async () => {
    const name = await file();
    const later = new Date(Date.now() + 3_600_000);
    await utimes(name, later, later);
    expect(readStable(name).stat).toBeNull();
    await utimes(name, 1000, 1000);
    const { stat, hash } = readStable(name);
    expect(stat).toMatchObject({ size: 7, mtime: '1000000000000', hash });
    expect(isUnchanged(stat!, statFile(name)!)).toBe(true);
  });
});

describe('isUnchanged', () => {
  it.each(['cp -p', 'touch -r'])(
    'is false after a rewrite that keeps size and time, as by %s',
    async (how) => {
      const name = await file('old!');
      await utimes(name, 1000, 1000);
      const { stat } = readStable(name);
      if (how === 'cp -p') {
        const other = await file('new!');
        await utimes(other, 1000, 1000);
        execFileSync('cp', ['-p', other, name]);
      } else {
        fs.writeFileSync(name, 'new!');
        await utimes(name, 1000, 1000);
      }
      const now = statFile(name)!;
      expect([String(now.size), String(now.mtimeNs)]).toEqual([String(stat!.size), stat!.mtime]);
      expect(isUnchanged(stat!, now)).toBe(false);
    },
  );

  it('is false for another size, time or inode', async () => {
    const name = await file();
    await utimes(name, 1000, 1000);
    const stat = readStable(name).stat!;
    const now = statFile(name)!;
    expect(isUnchanged({ ...stat, size: 8 }, now)).toBe(false);
    expect(isUnchanged({ ...stat, mtime: '1000000000001' }, now)).toBe(false);
    expect(isUnchanged({ ...stat, ctime: '1000000000001' }, now)).toBe(false);
    expect(isUnchanged({ ...stat, inode: '0' }, now)).toBe(false);
  });
});

it('finds no file at a directory, or at nothing', async () => {
  const directory = await temporary();
  expect([statFile(directory), statFile(path.join(directory, 'x'))]).toEqual([undefined, undefined]);
});
