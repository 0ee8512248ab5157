import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

/**
 * A module that code of a transform imports: a helper for decorators, what keeps the state of components.
 *
 * @param name `decorate.js`
 */
export async function runtimeModule(name: string): Promise<string> {
  if (name === 'refresh-react.js') return reactRefresh();
  const stem = path.basename(name, '.js');
  const file = path.join(
    path.dirname(require.resolve('@oxc-project/runtime/package.json')),
    'src/helpers/esm',
    `${stem}.js`,
  );
  const source = await readFile(file, 'utf8');
  // Helpers import each other by their files' names.
  return source;
}

async function reactRefresh(): Promise<string> {
  return '';
}
