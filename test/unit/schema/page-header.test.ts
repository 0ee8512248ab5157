import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatPageHeader, parsePageHeader } from '../../../schema/index.js';

const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));

it('reads what it writes', () => {
  const header = fc.record({
    registry: hex(32),
    deploy: fc.integer({ min: 1, max: 999_999_999_999_999 }),
    manifest: hex(64),
    offline: fc.constantFrom('off' as const, 'used' as const, 'all' as const),
    root: fc.constantFrom('/', '/app/', '/a/b/'),
    prefix: fc.constantFrom('/-/', '/app/modules/'),
  });
  fc.assert(
    fc.property(header, (one) => {
      expect(parsePageHeader(formatPageHeader(one))).toEqual(one);
    }),
  );
});

const REGISTRY = 'ab'.repeat(16);
const MANIFEST = 'cd'.repeat(32);

it.each([
  ['no header', null],
  ['nothing', ''],
  ['another registry’s form', `${REGISTRY.slice(1)} 1 ${MANIFEST} used / /-/`],
  ['deploy 0', `${REGISTRY} 0 ${MANIFEST} used / /-/`],
  ['a short manifest', `${REGISTRY} 1 ${MANIFEST.slice(1)} used / /-/`],
  ['an unknown mode', `${REGISTRY} 1 ${MANIFEST} some / /-/`],
  ['more than it has', `${REGISTRY} 1 ${MANIFEST} used / /-/ x`],
  ['a missing part', `${REGISTRY} 1 ${MANIFEST} used /`],
  ['a root without its slash', `${REGISTRY} 1 ${MANIFEST} used /app /app/-/`],
  ['a prefix without its slash', `${REGISTRY} 1 ${MANIFEST} used / /-`],
  ['two headers joined', `${REGISTRY} 1 ${MANIFEST} used /, ${REGISTRY} 1 ${MANIFEST} used / /-/`],
])('refuses %s', (_, text) => {
  expect(parsePageHeader(text)).toBeUndefined();
});

it('takes any text', () => {
  fc.assert(fc.property(fc.string(), (text) => void parsePageHeader(text)));
});
