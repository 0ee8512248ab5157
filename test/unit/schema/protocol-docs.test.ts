import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FROM_CLIENT, FROM_SERVER } from '../../../schema/index.js';

const docs = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

/** Message types and their fields, from the table whose first column has this heading. */
function documented(heading: string): Map<string, string[]> {
  const table = docs.split(`| ${heading} `)[1]!.split('\n\n', 1)[0]!;
  const rows = table.matchAll(/^\| `(\w+) \{([^}]*)\}` /gm);
  return new Map([...rows].map(([, type, fields]) => [type!, fields!.split(', ').toSorted()]));
}

/** The same from the code: the fields of each message by its type. */
const declared = (messages: Record<string, object>): Map<string, string[]> =>
  new Map(
    Object.entries(messages).map(([type, fields]) => [
      type,
      Object.keys(fields)
        .filter((field) => field !== 'type')
        .toSorted(),
    ]),
  );

const shapes = Object.fromEntries(Object.entries(FROM_CLIENT).map(([type, { shape }]) => [type, shape]));

test('docs/protocol.md lists every message of the client with its fields', () => {
  expect(documented('from the client')).toEqual(declared(shapes));
});

test('docs/protocol.md lists every message of the server with its fields', () => {
  expect(documented('from the server')).toEqual(declared(FROM_SERVER));
});
