import { readFileSync } from 'node:fs';
import { freeNames } from '../loader/free-names.mjs';

export const bundle = (name: 'guard' | 'loader' | 'hot'): string =>
  readFileSync(new URL(`../dist/loader/${name}.js`, import.meta.url), 'utf8');

/** The globals that the bundles use, sorted. */
export function bundleGlobals(): string[] {
  // The guard reads its globals when it starts.
  const [, names = ''] = /="([\w,]+)"\.split\(","\)/.exec(bundle('guard')) ?? [];
  const [, kept = ''] = /"(fetch,[\w.,]+)"\.split/.exec(bundle('guard')) ?? [];
  const used = (['guard', 'loader', 'hot'] as const).flatMap((name) => freeNames(bundle(name)).globals);
  const keptGlobals = kept.split(',').filter((name) => !name.includes('.'));
  const all = new Set([...used, ...names.split(','), ...keptGlobals]);
  all.delete('__modcast_guard__');
  return [...all].sort();
}
