import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Diagnostic } from '../../schema/index.js';
import { nearest } from '../closest.js';

/** What the key `modcast` of a site's `package.json` sets. */
export interface SiteSettings {
  /** Names, and what imports of them and below them mean: another name, or a path of the site, `./src`. */
  readonly alias: Readonly<Record<string, string>>;
  /** Expressions in sources, with what stands for them: JavaScript. */
  readonly define: Readonly<Record<string, string>>;
}

const NO_SETTINGS: SiteSettings = { alias: {}, define: {} };

const KEYS = Object.keys(NO_SETTINGS);

/** @param directory of the site: absolute */
export function readSettings(directory: string): {
  readonly settings: SiteSettings;
  readonly problems: readonly Diagnostic[];
} {
  let found: unknown;
  try {
    const json = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as {
      modcast?: unknown;
    };
    found = json.modcast;
  } catch {
    // There is none, or npm reports what is wrong with it.
  }
  if (found === undefined) return { settings: NO_SETTINGS, problems: [] };
  const messages: string[] = [];
  const objectOf = (value: unknown, name: string): Readonly<Record<string, unknown>> => {
    if (isPlain(value)) return value;
    messages.push(`"${name}" must be an object`);
    return {};
  };
  const { alias = {}, define = {}, ...others } = objectOf(found, 'modcast');
  for (const key of Object.keys(others))
    messages.push(`"modcast" has no setting "${key}"${nearest(key, KEYS).hint}`);
  const settings: SiteSettings = {
    alias: Object.fromEntries(
      Object.entries(objectOf(alias, 'modcast.alias')).flatMap(([name, target]) => {
        if (typeof target === 'string' && name !== '')
          return [[name.replace(/\/$/, ''), target.replace(/\/$/, '')]];
        messages.push(`"modcast" must map the alias "${name}" to a string`);
        return [];
      }),
    ),
    // As in Vite: a string is JavaScript, anything else stands for itself.
    define: Object.fromEntries(
      Object.entries(objectOf(define, 'modcast.define')).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
  };
  const problems = messages.map((message): Diagnostic => ({
    kind: 'syntax',
    severity: 'error',
    path: 'package.json',
    message,
    line: 1,
    column: 1,
  }));
  return { settings, problems };
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What an alias makes of a specifier. Undefined where none fits. */
export function aliased(specifier: string, alias: SiteSettings['alias']): string | undefined {
  for (const [name, target] of Object.entries(alias)) {
    if (specifier === name) return target;
    if (specifier.startsWith(`${name}/`)) return target + specifier.slice(name.length);
  }
  return undefined;
}
