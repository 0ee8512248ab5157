import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EVENTS } from '../../../registry/events.js';
import { createRegistry, type RegistryEvents } from '../../../registry/index.js';
import { open } from './site.js';

it('refuses an unknown event and suggests the right one', () => {
  const wrong = (name: unknown) => () => open({}).on(name as keyof RegistryEvents, () => {});
  expect(wrong('bootd')).toThrow(
    expect.objectContaining({ code: 'event-unknown', message: 'no event "bootd"; did you mean "booted"?' }),
  );
  expect(wrong('toString')).toThrow(expect.objectContaining({ code: 'event-unknown', found: 'toString' }));
  expect(wrong(undefined)).toThrow(expect.objectContaining({ code: 'event-unknown' }));
});

it('documents every event in docs/api.md', () => {
  const docs = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8');
  const table = docs.split('## Events')[1]!.split('## Limits', 1)[0]!;
  const documented = [...table.matchAll(/^\| `(\w+)` /gm)].map(([, name]) => name);
  expect(documented).toEqual(Object.keys(EVENTS));
});

it('accepts every event', () => {
  const registry = open({});
  for (const name of Object.keys(EVENTS) as (keyof RegistryEvents)[]) registry.on(name, () => {})();
});

it('refuses options that are not an object', () => {
  expect(() => createRegistry(null as never)).toThrow(
    expect.objectContaining({
      code: 'option-invalid',
      message: 'options: expected an object, found null',
    }),
  );
});
