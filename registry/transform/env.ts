import type { TransformOptions } from './transform.js';

/** What `import.meta.env` is. Variables of `.env` files cannot replace the others. */
export const importMetaEnv = ({
  mode,
  recipe,
  base,
}: Pick<TransformOptions, 'mode' | 'recipe' | 'base'>): Readonly<Record<string, unknown>> => ({
  ...recipe.env[mode],
  BASE_URL: base,
  MODE: mode,
  DEV: mode === 'development',
  PROD: mode === 'production',
  SSR: false,
});

/** An expression for a value. */
export const jsonLiteral = (value: unknown): string => {
  if (value === undefined) return '(void 0)';
  const text = JSON.stringify(value);
  return typeof value === 'object' ? `(${text})` : text;
};
