import { setScriptSrc } from '../page/policy.js';
import type { LoaderConfig } from '../config.js';
import type { CreateHot } from './ports.js';

/** Loads the script of hot reload, where the server watches. Undefined when it cannot be loaded. */
export function loadHot({ hot, prefix, nonce }: LoaderConfig): Promise<CreateHot | undefined> {
  if (hot === null) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const script = document.createElement('script');
    script.nonce = nonce;
    script.crossOrigin = '';
    script.integrity = hot.integrity;
    const done = () => {
      script.remove();
      resolve(globalThis.__modcast_hot__);
      globalThis.__modcast_hot__ = undefined;
    };
    script.addEventListener('load', done);
    script.addEventListener('error', done);
    try {
      setScriptSrc(script, 'src', `${prefix}hot.js?v=${encodeURIComponent(hot.version)}`);
      document.documentElement.append(script);
    } catch {
      done();
    }
  });
}
