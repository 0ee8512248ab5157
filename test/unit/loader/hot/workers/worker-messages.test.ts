import { expect, it } from 'vitest';
import { nameWithId, randomId, readName } from '../../../../../loader/hot/workers/worker-messages.js';

it.each(['', 'stage', 'a modcast:b', 'ends with a space '])('the name %j can be read again', (name) => {
  const id = randomId();
  expect(readName(nameWithId(name, id))).toEqual({ name, id });
});

it('a name without an identifier stays as it is', () => {
  expect(readName('stage modcast:12')).toEqual({ name: 'stage modcast:12', id: undefined });
});

it('no two workers have the same identifier', () => {
  expect(randomId()).toMatch(/^[\da-f]{32}$/);
  expect(randomId()).not.toBe(randomId());
});
