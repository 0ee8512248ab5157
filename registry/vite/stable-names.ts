import type { BuildEnvironmentOptions, UserConfig } from 'vite';

type Output = Readonly<Record<string, unknown>>;

/** Names without hashes: a changed chunk then changes neither its own name nor the chunks that import it. */
const NAMES: Output = {
  entryFileNames: 'assets/[name].js',
  chunkFileNames: 'assets/[name].js',
  assetFileNames: 'assets/[name][extname]',
};

/** Build options for names after sources, where the configuration does not choose names itself. */
export function stableNames({ build }: UserConfig): BuildEnvironmentOptions {
  // Vite takes both; `rollupOptions` is the name of earlier versions.
  const key = build?.rollupOptions === undefined ? 'rolldownOptions' : 'rollupOptions';
  const own = build?.[key]?.output as Output | readonly Output[] | undefined;
  // Several outputs have names of their own.
  if (Array.isArray(own)) return {};
  const chosen = (own ?? {}) as Output;
  const output = Object.fromEntries(Object.entries(NAMES).filter(([name]) => chosen[name] === undefined));
  return { [key]: { output } };
}
