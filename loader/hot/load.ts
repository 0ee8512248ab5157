import type { LoaderConfig } from '../config.js';
import { loadScript } from '../page/load-script.js';
import type { CreateHot } from './ports.js';

/** Loads the script of hot reload, where the server watches. Undefined when it cannot be loaded. */
export async function loadHot(config: LoaderConfig): Promise<CreateHot | undefined> {
  if (config.hot === null) return undefined;
  await loadScript(config, 'hot', config.hot);
  const create = globalThis.__modcast_hot__;
  globalThis.__modcast_hot__ = undefined;
  return create;
}
