import { inspect } from 'node:util';
import { ModcastError, isPath, type Path } from '../../../schema/index.js';
import { nearest } from '../../closest.js';

/** Options of `Registry.head`. */
export interface HeadOptions {
  /** The nonce of the page's policy. Default: none. */
  nonce?: string;
  /** Where browsers reach this registry, if that is not the page's origin: `https://registry.example.org`. */
  origin?: string;
  /** Paths of the modules that the page names itself: they are sent first. Default: the deploy's entries. */
  entries?: readonly Path[];
  /**
   * Whether workers and worklets run the page's deploy. For that, the page's server has to pass on requests
   * with `modcast` in their query. Default: whether this registry serves the site.
   */
  workers?: boolean;
}

type Rule = readonly [expected: string, isValid: (value: unknown) => boolean];

const RULES: { readonly [name in keyof HeadOptions]-?: Rule } = {
  // In a policy, no other characters are possible.
  nonce: ['letters, digits, "+", "/", "=", "-" and "_"', (value) => isText(value, /^[\w+/=-]+$/)],
  origin: [
    'an origin like "https://example.org"',
    (value) =>
      isText(value, /^https?:/) && URL.canParse(value as string) && new URL(value as string).origin === value,
  ],
  entries: ['a list of paths like "lib/main.mjs"', (value) => Array.isArray(value) && value.every(isPath)],
  workers: ['true or false', (value) => typeof value === 'boolean'],
};

const isText = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value);

/** @throws ModcastError `option-invalid`, also for an unknown option, with a suggestion */
export function checkHeadOptions(options: HeadOptions): void {
  for (const [name, found] of Object.entries(options)) {
    if (!Object.hasOwn(RULES, name)) {
      const { name: expected, hint } = nearest(name, Object.keys(RULES));
      throw new ModcastError('option-invalid', `no option "${name}"${hint}`, { expected, found: name });
    }
    const [expected, isValid] = RULES[name as keyof HeadOptions];
    if (found === undefined || isValid(found)) continue;
    throw new ModcastError('option-invalid', `${name}: expected ${expected}, found ${inspect(found)}`, {
      expected,
      found,
    });
  }
}

/**
 * The options in a query: `?nonce=…&origin=…&entry=a.mjs&entry=b.mjs&workers=off`.
 *
 * @throws ModcastError as `checkHeadOptions`
 */
export function headOptionsOfQuery(query: URLSearchParams): HeadOptions {
  const options: Record<string, unknown> = {};
  for (const name of query.keys()) {
    const value = query.get(name)!;
    if (name === 'entry') options['entries'] = query.getAll('entry');
    else if (name === 'workers') options['workers'] = { on: true, off: false }[value] ?? value;
    else options[name] = value;
  }
  checkHeadOptions(options);
  return options;
}
