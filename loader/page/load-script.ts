import type { LoaderConfig } from '../config.js';
import { setScriptSrc } from './policy.js';

/** The version of a script in its URL, and the integrity metadata of its bytes. */
export interface ScriptVersion {
  readonly version: string;
  readonly integrity: string;
}

/** Runs one of the registry's scripts. Resolves when it has run, or cannot be loaded. */
export function loadScript(
  { prefix, nonce }: Pick<LoaderConfig, 'prefix' | 'nonce'>,
  name: string,
  { version, integrity }: ScriptVersion,
): Promise<void> {
  return new Promise((resolve) => {
    const script = document.createElement('script');
    script.nonce = nonce;
    script.crossOrigin = '';
    script.integrity = integrity;
    const done = () => {
      script.remove();
      resolve();
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
