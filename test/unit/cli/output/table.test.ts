import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTable, type Column } from '../../../../cli/output/table.js';
import { textWidth } from '../../../../cli/output/text.js';

const same = (text: string) => text;

const COLUMNS: readonly Column[] = [
  { title: 'id', align: 'right' },
  { title: 'size', optional: true },
  { title: 'message', shrinks: true },
];

describe('a table', () => {
  it('aligns its columns', () => {
    const rows = [
      ['1', '10 B', 'first'],
      ['12', '3 B', ''],
    ];
    expect(formatTable(COLUMNS, rows, 80, same)).toBe('id  size  message\n 1  10 B  first\n12  3 B\n');
  });

  it('leaves out a column without texts', () => {
    expect(formatTable(COLUMNS, [['1', '', 'first']], 80, same)).toBe('id  message\n 1  first\n');
  });

  it('leaves out an optional column before the shrinking one gets too narrow', () => {
    const table = formatTable(COLUMNS, [['1', '10 B', 'm'.repeat(60)]], 32, same);
    expect(table).toBe(`id  message\n 1  ${'m'.repeat(27)}…\n`);
  });

  it('cuts a message that is one column too long', () => {
    const message = 'm'.repeat(20);
    expect(formatTable(COLUMNS, [['1', '', message]], 24, same)).toContain(message);
    expect(formatTable(COLUMNS, [['1', '', message]], 23, same)).toContain(` ${'m'.repeat(18)}…`);
  });

  it('fits the width for any message', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 80 }), { minLength: 1 }),
        fc.integer({ min: 20, max: 100 }),
        (list, width) => {
          const rows = list.map((message, index) => [String(index % 10), '10 B', message]);
          for (const line of formatTable(COLUMNS, rows, width, same).split('\n')) {
            expect(textWidth(line)).toBeLessThanOrEqual(width);
          }
        },
      ),
    );
  });
});
