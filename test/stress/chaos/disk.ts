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

/** How a save writes the file: in place, to a temporary file that is renamed, twice, or in two halves. */
export type WriteMode = 'in place' | 'renamed' | 'twice' | 'in halves';

/** A directory with its current files and a record of everything ever written to it. */
export class Disk {
  readonly files = new Map<string, Content>();
  /** `path version` of everything ever written. */
  readonly written = new Set<string>();
  /** Hashes of all contents that a file ever had, also of halves. */
  readonly hashes = new Set<string>();

  constructor(readonly directory: string) {}

  save(path: string, content: Content, mode: WriteMode = 'in place'): void {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    this.#note(path, content);
    if (mode === 'renamed') {
      const beside = join(dirname(file), `.${content.version}.tmp`);
      writeFileSync(beside, content.text);
      renameSync(beside, file);
      return;
    }
    if (mode === 'in halves') {
      const cut = content.text.length - 60;
      this.hashes.add(blake3(Buffer.from(content.text.slice(0, cut))));
      const descriptor = openSync(file, 'w');
      writeSync(descriptor, content.text.slice(0, cut));
      writeSync(descriptor, content.text.slice(cut));
      closeSync(descriptor);
      return;
    }
    writeFileSync(file, content.text);
    if (mode === 'twice') writeFileSync(file, content.text);
  }

  /** Sets a new modification time without a change of content. */
  touch(path: string): void {
    utimesSync(join(this.directory, path), new Date(), new Date());
  }

  delete(path: string): void {
    rmSync(join(this.directory, path), { force: true });
    this.files.delete(path);
  }

  /** Renames a file, or a directory with its contents. */
  rename(from: string, to: string): void {
    const target = join(this.directory, to);
    mkdirSync(dirname(target), { recursive: true });
    if (existsSync(target)) throw new Error(`${to} already exists`);
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
