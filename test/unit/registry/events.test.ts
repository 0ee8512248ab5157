import { expect, it } from 'vitest';
import { createRegistry, type RegistryEvents } from '../../../registry/index.js';
import { open } from './site.js';

it('refuses an event that there is none of, and names the likeliest right one', () => {
  const wrong = (name: unknown) => () => open({}).on(name as keyof RegistryEvents, () => {});
  expect(wrong('bootd')).toThrow(
    expect.objectContaining({ code: 'event-unknown', message: 'no event "bootd"; did you mean "booted"?' }),
  );
  expect(wrong('toString')).toThrow(expect.objectContaining({ code: 'event-unknown', found: 'toString' }));
  expect(wrong(undefined)).toThrow(expect.objectContaining({ code: 'event-unknown' }));
});

it('takes every event that is documented', () => {
  const registry = open({});
  for (const name of [
    'reading',
    'deploy',
    'published',
    'problems',
    'directory',
    'booted',
    'failed',
    'damaged',
    'message',
    'error',
  ] as const) {
    registry.on(name, () => {})();
  }
});

it('is made with options, or none, and says what is wrong with others', () => {
  expect(() => createRegistry(null as never)).toThrow(
    expect.objectContaining({
      code: 'option-invalid',
      message: 'options: expected an object, found null',
    }),
  );
});
