import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RegistryOptions } from '../../registry/index.js';
import { ModcastError } from '../../schema/index.js';

/**
 * The options that a configuration file sets: the `transforms` of its default export.
 *
 * @param file a JavaScript module, from the working directory
 * @throws ModcastError `option-invalid`
 */
export async function readConfig(file: string): Promise<Pick<RegistryOptions, 'transforms'>> {
  const fail = (found: string): never => {
    throw new ModcastError('option-invalid', `--config ${file}: ${found}`, {
      expected: 'a module with export default { transforms: […] }',
      found,
    });
  };
  // Node's own message names the module that imports it, too.
  if (!existsSync(file)) return fail('there is no such file');
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path.resolve(file)).href)) as typeof module;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  const config = module.default;
  if (typeof config !== 'object' || config === null) return fail('it has no default export');
  const other = Object.keys(config).find((name) => name !== 'transforms');
  if (other !== undefined) return fail(`it sets ${other}, and only transforms can be set there`);
  return config;
}
