import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isTransform, type Transform } from '../../registry/transform/transform.js';
import { ModcastError } from '../../schema/index.js';
import type { Io } from '../io.js';

export interface ConfigOptions {
  config?: string | undefined;
}

/**
 * Adds `--config`, for `ownTransforms`.
 * @param when what it needs, in words before its help
 */
export const configOption = (command: Command, when = ''): Command =>
  command.option(
    '--config <file>',
    `${when}module whose default export has the transforms of the site (docs/transforms.md)`,
  );

/**
 * The transforms of the site's author, which the configuration file sets.
 * @throws ModcastError `option-invalid`
 */
export async function ownTransforms(
  { cwd }: Pick<Io, 'cwd'>,
  { config }: ConfigOptions,
): Promise<readonly Transform[]> {
  if (config === undefined) return [];
  return (await readConfig(config, cwd)).transforms ?? [];
}

/**
 * The options that a configuration file sets: the `transforms` of its default export.
 *
 * @param file a JavaScript module
 * @param directory from which a relative path of it starts
 * @throws ModcastError `option-invalid`
 */
export async function readConfig(
  file: string,
  directory = process.cwd(),
): Promise<{ readonly transforms?: Transform[] }> {
  const fail = (found: string): never => {
    throw new ModcastError('option-invalid', `--config ${file}: ${found}`, {
      expected: 'a module with export default { transforms: […] }',
      found,
    });
  };
  const place = path.resolve(directory, file);
  // Node's own message names the module that imports it, too.
  if (!existsSync(place)) return fail('there is no such file');
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(place).href)) as typeof module;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  const config = module.default;
  if (typeof config !== 'object' || config === null) return fail('it has no default export');
  const other = Object.keys(config).find((name) => name !== 'transforms');
  if (other !== undefined) return fail(`it sets ${other}, and only transforms can be set there`);
  const { transforms } = config as { readonly transforms?: unknown };
  if (transforms === undefined) return {};
  if (!Array.isArray(transforms)) return fail('its transforms are no list');
  const wrong = transforms.findIndex((each) => !isTransform(each));
  if (wrong >= 0)
    return fail(`number ${wrong + 1} of its transforms has no name, version, filter or transform`);
  return { transforms: transforms as Transform[] };
}
