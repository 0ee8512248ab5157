import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { blake3 } from '../hash.js';
import {
  CONVERT_VERSION,
  convertCommonJs,
  type Conversion,
  type ConversionInput,
} from './convert-commonjs.js';

interface Kept {
  readonly files: readonly [string, string][];
  readonly imports: Conversion['imports'];
  readonly inputs: readonly [string, string][];
  readonly stubs: Conversion['stubs'];
}

/**
 * Converts packages, and keeps what it has made in `node_modules/.cache/modcast`, by the content that it was
 * made of. A cache that cannot be written or read is no error.
 */
export class ConversionCache {
  readonly #directory: string | null;
  readonly #known = new Map<string, Promise<Conversion>>();
  readonly #onConverting: (names: readonly string[]) => void;
  /** Packages that are being converted. */
  readonly #running: string[] = [];

  /**
   * @param directory of `node_modules`; null: nothing is kept on the disk
   * @param onConverting gets the names of the packages that are being converted when one begins
   */
  constructor(directory: string | null, onConverting: (names: readonly string[]) => void = () => {}) {
    this.#onConverting = onConverting;
    this.#directory = directory === null ? null : path.join(directory, '.cache', 'modcast');
  }

  /** @throws as `convertCommonJs` */
  convert(input: ConversionInput): Promise<Conversion> {
    const { directory, entries, mode, define = {}, context } = input;
    const text = JSON.stringify([CONVERT_VERSION, entries, mode, define, context]);
    const key = blake3(Buffer.from(text));
    // Another install may find other dependencies.
    const place = `${key} ${directory}`;
    let made = this.#known.get(place);
    if (made === undefined) {
      made = this.#make(key, input);
      this.#known.set(place, made);
      made.catch(() => this.#known.delete(place));
    }
    return made;
  }

  async #make(key: string, input: ConversionInput): Promise<Conversion> {
    if (this.#directory === null) return this.#convert(input);
    const file = path.join(this.#directory, `${key}.json`);
    const kept = readKept(file);
    if (kept !== undefined && isCurrent(kept, input)) return kept;
    const made = await this.#convert(input);
    try {
      mkdirSync(this.#directory, { recursive: true });
      const { imports, stubs } = made;
      const text: Kept = { files: [...made.files], imports, inputs: [...made.inputs], stubs };
      const draft = `${file}.${process.pid}`;
      writeFileSync(draft, JSON.stringify(text));
      renameSync(draft, file);
    } catch {
      // Another run converts again.
    }
    return made;
  }

  async #convert(input: ConversionInput): Promise<Conversion> {
    this.#running.push(input.name);
    this.#onConverting([...this.#running]);
    try {
      return await convertCommonJs(input);
    } finally {
      this.#running.splice(this.#running.indexOf(input.name), 1);
      if (this.#running.length > 0) this.#onConverting([...this.#running]);
    }
  }
}

function readKept(file: string): Conversion | undefined {
  try {
    const { files, imports, inputs, stubs } = JSON.parse(readFileSync(file, 'utf8')) as Kept;
    return { files: new Map(files), imports, inputs: new Map(inputs), stubs };
  } catch {
    return undefined;
  }
}

/** Whether all that a conversion depends on is as it was: the sources, and where its imports lead. */
function isCurrent(
  { inputs, imports, stubs }: Conversion,
  { directory, resolve, isCommonJs }: ConversionInput,
): boolean {
  try {
    for (const [name, hash] of inputs)
      if (blake3(readFileSync(path.join(directory, name))) !== hash) return false;
  } catch {
    return false;
  }
  const at = (importer: string, specifier: string) => resolve(path.join(directory, importer), specifier);
  return (
    stubs.every(({ importer, specifier }) => at(importer, specifier).state !== 'file') &&
    imports.every(({ importer, specifier }) => at(importer, specifier).state === 'file') &&
    [...inputs.keys()].every((name) => isCommonJs(path.join(directory, name)))
  );
}
