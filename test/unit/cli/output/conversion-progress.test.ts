import { describe, expect, it } from 'vitest';
import { ConversionProgress } from '../../../../cli/output/conversion-progress.js';
import { FakeClock } from '../../registry/fake-clock.js';

function progress(tty: boolean) {
  const clock = new FakeClock();
  const written: string[] = [];
  const shown = new ConversionProgress({ tty, error: (text) => written.push(text) }, clock);
  return { clock, shown, written: () => written.splice(0) };
}

describe('a conversion from CommonJS', () => {
  it('is not shown if it takes less than a second', () => {
    for (const tty of [true, false]) {
      const { clock, shown, written } = progress(tty);
      shown.show(['react']);
      clock.advance(999);
      shown.show([]);
      clock.advance(5000);
      expect(written()).toEqual([]);
      expect(clock.waiting).toBe(0);
    }
  });

  it('is a line in a terminal, with what is left, that is removed at the end', () => {
    const { clock, shown, written } = progress(true);
    shown.show(['react']);
    shown.show(['react', 'react-dom']);
    clock.advance(1000);
    expect(written()).toEqual(['\r  converting 2 packages from CommonJS: react, react-dom…\u001b[K']);
    shown.show(['react-dom']);
    expect(written()).toEqual(['\r  converting 1 package from CommonJS: react-dom…\u001b[K']);
    shown.show([]);
    expect(written()).toEqual(['\r\u001b[K']);
  });

  it('is one line elsewhere, each time', () => {
    const { clock, shown, written } = progress(false);
    for (let i = 0; i < 2; i++) {
      shown.show(['react', 'react-dom']);
      clock.advance(1000);
      shown.show(['react-dom']);
      clock.advance(9000);
      shown.show([]);
      expect(written()).toEqual(['converting 2 packages from CommonJS: react, react-dom\n']);
    }
  });
});
