import { expect, it } from 'vitest';
import { parseChannel } from '../../../schema/index.js';
import { coded } from './arbitraries.js';

it.each(['dev', 'production', '0', 'a.b_c-d', 'x'.repeat(64)])('%j is a channel name', (text) => {
  expect(parseChannel(text)).toBe(text);
});

it.each(['', 'Dev', '.a', '-a', '_a', 'a b', 'a/b', 'é', 'dev\n', 'x'.repeat(65)])(
  '%j is not a channel name',
  (text) => {
    expect(() => parseChannel(text)).toThrow(coded('channel-invalid'));
  },
);
