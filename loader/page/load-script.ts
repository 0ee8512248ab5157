import type { LoaderConfig } from '../config.js';
import { setScriptSrc } from './policy.js';

/** The version of a script in its URL, and the integrity metadata of its bytes. */
export interface ScriptVersion {
  readonly version: string;
  readonly integrity: string;
}

declare global {
  /** What one of the registry's scripts is loaded for. Only while it loads. */
  var __modcast_part__: unknown;
}

/**
 * Runs one of the registry's scripts.
 *
 * @param offered null where the server does not offer it
 * @returns what it has set as `__modcast_part__`; undefined when it cannot be loaded
 */
export function loadScript<T>(
  { prefix, nonce }: Pick<LoaderConfig, 'prefix' | 'nonce'>,
  name: string,
  offered: ScriptVersion | null,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    if (offered === null) return resolve(undefined);
    const { version, integrity } = offered;
    const script = document.createElement('script');
    script.nonce = nonce;
    script.crossOrigin = '';
    script.integrity = integrity;
    const done = () => {
      script.remove();
      resolve(globalThis.__modcast_part__ as T | undefined);
      globalThis.__modcast_part__ = undefined;
    };
    script.addEventListener('load', done);
    script.addEventListener('error', done);
    try {
      setScriptSrc(script, 'src', `${prefix}${name}.js?v=${version}`);
      document.documentElement.append(script);
    } catch {
      done();
    }
  });
}
