import type { Channel, Path } from '../../schema/index.js';
import type { SiteSettings } from './settings.js';

/** How a channel's pages run the site: `development` where a directory is watched, and on `dev`. */
export type Mode = 'development' | 'production';

/** The mode of deploys that are published on a channel. */
export const publishMode = (channel: Channel): Mode => (channel === 'dev' ? 'development' : 'production');

/** The `compilerOptions` of a `tsconfig.json`, with those it extends, that change what TypeScript emits. */
export interface CompilerOptions {
  readonly jsx?: string;
  readonly jsxImportSource?: string;
  readonly jsxFactory?: string;
  readonly jsxFragmentFactory?: string;
  readonly experimentalDecorators?: boolean;
  readonly emitDecoratorMetadata?: boolean;
  readonly useDefineForClassFields?: boolean;
  readonly target?: string;
  readonly verbatimModuleSyntax?: boolean;
  /** Patterns with a `*` each at most, and where they lead: paths below the site's root. */
  readonly paths?: Readonly<Record<string, readonly Path[]>>;
  /** Below the site's root; empty for the root itself. */
  readonly baseUrl?: Path;
}

/** The compiler options of the files below a directory. */
export interface Project {
  /** Empty for the site's root. */
  readonly directory: Path;
  readonly compilerOptions: CompilerOptions;
}

/**
 * How a site's sources become what browsers run, as far as its author has set it. It is a file of each
 * deploy, so that a registry without the directory serves the same.
 */
export interface Recipe {
  readonly modcast: 1;
  /** Those of the deepest directories first. */
  readonly projects: readonly Project[];
  /** The variables of `.env` files that pages may see, by mode. */
  readonly env: Readonly<Record<Mode, Readonly<Record<string, string>>>>;
  /** The framework whose components keep their state when they are saved. */
  readonly refresh: 'react' | 'preact' | null;
  /** What `package.json` sets: see `SiteSettings`. Undefined: nothing. */
  readonly alias?: SiteSettings['alias'];
  readonly define?: SiteSettings['define'];
}

export const NO_RECIPE: Recipe = {
  modcast: 1,
  projects: [],
  env: { development: {}, production: {} },
  refresh: null,
};

/** Where a deploy has its recipe. */
export const RECIPE_PATH: Path = 'modcast.recipe.json';

export const recipeBytes = (recipe: Recipe): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(recipe, null, 1)}\n`);

/** A recipe that cannot be read counts as none: a site may have a file of this name. */
export function parseRecipe(bytes: Uint8Array): Recipe {
  try {
    const json = JSON.parse(new TextDecoder().decode(bytes)) as Recipe;
    return json.modcast === 1 ? { ...NO_RECIPE, ...json } : NO_RECIPE;
  } catch {
    return NO_RECIPE;
  }
}

/** The compiler options for a file. */
export const compilerOptionsOf = ({ projects }: Recipe, path: Path): CompilerOptions =>
  projects.find(({ directory }) => directory === '' || path.startsWith(`${directory}/`))?.compilerOptions ??
  {};
