import type { SourceMapInput } from '@jridgewell/remapping';
import type { Path } from '../../schema/index.js';
import type { Mode, Recipe } from './recipe.js';

export type { Mode } from './recipe.js';

/**
 * What a transform has looked at besides the source. If it changes, the transform runs again:
 * - a path: the file's content
 * - `exists`: whether there is a file at the path. `isWanted`: the site needs it, although deploys of a
 *   directory leave out files of its kind.
 * - `glob`: which paths of the site match
 */
export type Dependency =
  | Path
  | { readonly exists: Path; readonly isWanted?: true }
  | { readonly glob: string };

/** The files of the site that is transformed. */
export interface SiteFiles {
  has(path: Path): boolean;
  /** All paths, sorted. */
  readonly paths: readonly Path[];
  /** The bytes of a file, as its author wrote it. Undefined where there is none. */
  read(path: Path): Promise<Uint8Array | undefined>;
}

export interface TransformOptions {
  readonly mode: Mode;
  /** What the site's configuration says: its `tsconfig.json`, its `.env` files. */
  readonly recipe: Recipe;
  readonly files: SiteFiles;
  /** Where browsers find the site. Starts and ends with "/". */
  readonly base: string;
}

export interface TransformResult {
  readonly code: string;
  /** From `code` to the source that the transform got. Null if lines and columns are the same. */
  readonly map: SourceMapInput | null;
  /** What the code is, if it is no JavaScript yet. */
  readonly lang?: 'ts' | 'tsx' | 'jsx';
  readonly deps?: readonly Dependency[];
  /** Modules that the code imports and that no file of the site is: their paths, with what makes them. */
  readonly virtual?: readonly VirtualModule[];
}

/** A module that is made of a file of the site: `style.css@style.js`. */
export interface VirtualModule {
  readonly path: Path;
  readonly kind: VirtualKind;
  /** The file that it is made of. */
  readonly file: Path;
}

export type VirtualKind = 'style' | 'inline' | 'raw' | 'url' | 'json' | 'worker' | 'runtime';

/**
 * Makes a JavaScript module of a file. Transforms run in order, each on the result of the one before. Their
 * results are kept by content, path, options and the versions of all of them.
 */
export interface Transform {
  readonly name: string;
  /** Changes when the transform does. */
  readonly version: string;
  /** Whether it takes a file. A file that a transform takes is served as JavaScript. */
  filter(path: Path): boolean;
  /**
   * Null leaves the source as it is.
   * @throws TransformError for a problem in the source; other errors are reported without a place
   */
  transform(
    source: string,
    path: Path,
    options: TransformOptions,
  ): TransformResult | null | Promise<TransformResult | null>;
}

/** A problem at a place in a source. */
export class TransformError extends Error {
  /**
   * @param line from 1
   * @param column from 1, in UTF-16 code units
   */
  constructor(
    message: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(message);
  }
}

/** Whether a value has what a transform needs. */
export function isTransform(value: unknown): value is Transform {
  if (typeof value !== 'object' || value === null) return false;
  const { name, version, filter, transform } = value as Partial<Record<keyof Transform, unknown>>;
  const texts = [name, version].every((text) => typeof text === 'string' && text !== '');
  return texts && [filter, transform].every((method) => typeof method === 'function');
}
