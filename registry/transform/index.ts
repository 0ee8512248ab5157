export { createServed, type CreateServedOptions } from './create-served.js';
export { RECIPE_PATH, publishMode, type Recipe } from './recipe.js';
export { readRecipe } from './read-recipe.js';
export { Served, type ServedHead } from './served-store.js';
export { ContentTransformer } from './transform-content.js';
export type { ReadableSite, TransformedFiles } from './transformed-files.js';
export type { ServedSite } from './site-transformer.js';
export {
  TransformError,
  type Dependency,
  type Mode,
  type SiteFiles,
  type Transform,
  type TransformOptions,
  type TransformResult,
} from './transform.js';
