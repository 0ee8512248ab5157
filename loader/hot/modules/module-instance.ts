import type { Hash } from '../../../schema/hash.js';
import type { Path } from '../../../schema/path.js';

/** One instance of a module in this page. */
export interface ModuleInstance {
  readonly url: string;
  readonly path: Path;
  readonly hash: Hash;
  /** The URL that the engine knows it by; undefined when the browser loads it from the site. */
  readonly target: string | undefined;
  /** How blobs write it; undefined: by its natural URL. */
  readonly name: string | undefined;
  /** Natural URLs of its static imports, and of its literal `import()`s. */
  readonly imports: readonly string[];
  readonly dynamic: ReadonlySet<string>;
  /** Whether some `import()` of it is computed: what that reaches is known when it has. */
  readonly computed: boolean;
}

/** Instances that were made together, and what they stand in for. */
export interface Batch {
  readonly made: ReadonlyMap<string, ModuleInstance>;
  readonly before: ReadonlyMap<string, ModuleInstance | undefined>;
}
