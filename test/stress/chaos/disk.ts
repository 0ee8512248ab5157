import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { blake3 } from '../../../registry/hash.js';
import type { Content } from './content.js';

/** How a save reaches the disk: in place, beside it and renamed, the same twice, or half of it first. */
export type Manner = 'in place' | 'renamed' | 'twice' | 'in halves';

/** A directory, what lies in it, and all that ever did. */
export class Disk {
  readonly files = new Map<string, Content>();
  /** `path version` of whatever was there. */
  readonly written = new Set<string>();
  /** Of all bytes that were there, if only for a moment. */
  readonly hashes = new Set<string>();

  constructor(readonly directory: string) {}

  save(path: string, content: Content, manner: Manner = 'in place'): void {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    this.#note(path, content);
    if (manner === 'renamed') {
      const beside = join(dirname(file), `.${content.version}.tmp`);
      writeFileSync(beside, content.text);
      renameSync(beside, file);
      return;
    }
    if (manner === 'in halves') {
      const cut = content.text.length - 60;
      this.hashes.add(blake3(Buffer.from(content.text.slice(0, cut))));
      const descriptor = openSync(file, 'w');
      writeSync(descriptor, content.text.slice(0, cut));
      writeSync(descriptor, content.text.slice(cut));
      closeSync(descriptor);
      return;
    }
    writeFileSync(file, content.text);
    if (manner === 'twice') writeFileSync(file, content.text);
  }

  /** Says that a file changed that did not. */
  touch(path: string): void {
    utimesSync(join(this.directory, path), new Date(), new Date());
  }

  delete(path: string): void {
    rmSync(join(this.directory, path), { force: true });
    this.files.delete(path);
  }

  /** A file, or a directory with all that it holds. */
  rename(from: string, to: string): void {
    const target = join(this.directory, to);
    mkdirSync(dirname(target), { recursive: true });
    if (existsSync(target)) throw new Error(`${to} is there already`);
    renameSync(join(this.directory, from), target);
    for (const [path, content] of [...this.files]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.files.delete(path);
      this.#note(to + path.slice(from.length), content);
    }
  }

  #note(path: string, content: Content): void {
    this.files.set(path, content);
    this.written.add(`${path} ${content.version}`);
    this.hashes.add(blake3(Buffer.from(content.text)));
  }
}
