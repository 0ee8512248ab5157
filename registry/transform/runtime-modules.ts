import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { refreshRuntime } from './refresh-runtime.js';

const require = createRequire(import.meta.url);

/**
 * A module that the code of a transform imports: a helper for decorators, what keeps the state of components.
 *
 * @param name `decorate.js`, `refresh-react.js`
 */
export async function runtimeModule(name: string): Promise<string> {
  const framework = /^refresh-(react|preact)\.js$/.exec(name)?.[1];
  if (framework !== undefined) return refreshRuntime(framework as 'react' | 'preact');
  const folder = path.dirname(require.resolve('@oxc-project/runtime/package.json'));
  return readFile(path.join(folder, 'src/helpers/esm', path.basename(name)), 'utf8');
}
