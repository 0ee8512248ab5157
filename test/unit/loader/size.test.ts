import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

/** Bytes that a first visit may pay for the loader, compressed. */
const LIMITS = {
  'loader.js': 32_000,
  /** The loader of pages with a guard, of servers that join modules. It knows runs as well. */
  'fused-loader.js': 31_000,
};

test.each(Object.entries(LIMITS))('%s has at most %i bytes with gzip', (name, limit) => {
  const script = readFileSync(new URL(`../../../dist/loader/${name}`, import.meta.url));
  expect(gzipSync(script, { level: 9 }).length).toBeLessThanOrEqual(limit);
});
