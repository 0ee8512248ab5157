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

/** The same from the schemas. */
function declared(schemas: typeof FROM_CLIENT | typeof FROM_SERVER): Map<string, string[]> {
  return new Map(
    Object.entries(schemas).map(([type, schema]) => {
      const fields = Object.keys(schema.shape).filter((field) => field !== 'type');
      return [type, fields.toSorted()];
    }),
  );
}

test('docs/protocol.md lists every message of the client with its fields', () => {
  expect(documented('from the client')).toEqual(declared(FROM_CLIENT));
});

test('docs/protocol.md lists every message of the server with its fields', () => {
  expect(documented('from the server')).toEqual(declared(FROM_SERVER));
});
