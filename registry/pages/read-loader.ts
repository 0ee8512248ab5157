import { readFile } from 'node:fs/promises';

const scripts = new Map<string, Promise<Uint8Array>>();

/** The built scripts lie beside this room in `dist`; run from source, they are in `dist` all the same. */
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

/** Hot reload, which the loader loads where the server watches. */
export const readHot = (): Promise<Uint8Array> => readScript('hot.js');
