import { readFile } from 'node:fs/promises';

const scripts = new Map<string, Promise<Uint8Array>>();

/** Reads a built script from `dist`, also when this file runs from source. */
function readScript(name: string): Promise<Uint8Array> {
  let script = scripts.get(name);
  if (script === undefined) {
    script = readFile(new URL(`../../loader/${name}`, import.meta.url)).catch(() =>
      readFile(new URL(`../../dist/loader/${name}`, import.meta.url)),
    );
    scripts.set(name, script);
  }
  return script;
}

export const readLoader = (): Promise<Uint8Array> => readScript('loader.js');

/** The hot reload script, which the loader loads when the server watches. */
export const readHot = (): Promise<Uint8Array> => readScript('hot.js');
