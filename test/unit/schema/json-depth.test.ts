import { describe, expect, it } from 'vitest';
import { LIMITS, isDeepJson, parseFromClient } from '../../../schema/index.js';

const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth);

describe('deep JSON', () => {
  it.each([
    ['arrays', '[', ']'],
    ['objects', '{"a":', '}'],
    ['both', '[{"a":', '}]'],
  ])('of %s is found at the limit', (_, open, close) => {
    const levels = open.startsWith('[{') ? 2 : 1;
    expect(isDeepJson(nested(LIMITS.jsonDepth / levels, open, close))).toBe(false);
    expect(isDeepJson(nested(LIMITS.jsonDepth / levels + 1, open, close))).toBe(true);
  });

  it('is found before its end, at any depth', () => {
    expect(isDeepJson('['.repeat(3_000_000))).toBe(true);
  });

  it('is not what a string contains, or many values side by side', () => {
    const text = nested(1000);
    expect(isDeepJson(JSON.stringify([text, `\\"${text}`, `"${text}\\`, '\\', '"', text]))).toBe(false);
    expect(isDeepJson(JSON.stringify(Array.from({ length: 1000 }, () => [{}])))).toBe(false);
    expect(isDeepJson('"unfinished [[[')).toBe(false);
    expect(isDeepJson('')).toBe(false);
  });

  it('in a message is refused', () => {
    const message = (data: string) => `{"type":"message","topic":"t","data":${data}}`;
    expect(parseFromClient(message(nested(10)))).toMatchObject({ topic: 't' });
    expect(() => parseFromClient(message(nested(100_000)))).toThrow(
      expect.objectContaining({ code: 'message-invalid' }) as Error,
    );
  });
});
