import { readFile } from 'node:fs/promises';

let loader: Promise<Uint8Array> | undefined;

/** The built loader lies beside this room in `dist`; run from source, it is in `dist` all the same. */
export function readLoader(): Promise<Uint8Array> {
  loader ??= readFile(new URL('../loader/loader.js', import.meta.url)).catch(() =>
    readFile(new URL('../dist/loader/loader.js', import.meta.url)),
  );
  return loader;
}
