import { describe, expect, it } from 'vitest';
import { bootSections, ratiosOf, type BootResult, type Taken } from '../../bench/boot-result.mjs';

const plain: Taken = {
  id: 'plain',
  name: 'plain HTTP/1.1',
  ms: { cold: [100, 200], warm: [50, 50], saved: [80, 80] },
  bytes: { warm: [100, 100] },
  retries: 0,
};
const build: Taken = {
  id: 'build-h2',
  name: 'Vite build',
  ms: { warm: [10, 30] },
  bytes: { changed: [50, 50] },
  retries: 0,
};
const modcast: Taken = {
  id: 'modcast',
  name: 'modcast',
  ms: { cold: [50, 50], warm: [20, 30], saved: [40, 40] },
  bytes: { warm: [10, 10], changed: [2, 2] },
  retries: 0,
};
const production: Taken = { ...modcast, id: 'production', name: 'production', ms: { warm: [11, 33] } };

const result = (taken: Taken[], network = { roundTrip: 40, mbit: 50 }): BootResult => ({
  site: 'three',
  title: 'three src',
  network,
  taken,
});

describe('ratios', () => {
  it('are medians of pairs, of each own subject to each peer, in the states that both have', () => {
    expect(ratiosOf([plain, build, modcast], ['modcast', 'production'])).toEqual({
      modcast: {
        plain: { ms: { cold: 0.375, warm: 0.5, saved: 0.5 }, bytes: { warm: 0.1 } },
        'build-h2': { ms: { warm: 1.5 }, bytes: { changed: 0.04 } },
      },
    });
  });

  it('never compare own subjects with each other', () => {
    const ratios = ratiosOf([plain, modcast, production], ['modcast', 'production']);
    expect(Object.keys(ratios['modcast']!)).toEqual(['plain']);
    expect(Object.keys(ratios['production']!)).toEqual(['plain']);
  });
});

describe('the report of a site', () => {
  it('has a row per subject, and a dash for what a subject has not', () => {
    const [times, bytes, ratios] = bootSections(result([plain, build, modcast]), ['modcast']);
    expect(times?.title).toBe('Boot of three, 40 ms, 50 Mbit/s (ms: median, min–max)');
    expect(times?.rows).toEqual([
      ['plain HTTP/1.1', '150 (100–200)', '50 (50–50)', '–', '80 (80–80)'],
      ['Vite build', '–', '20 (10–30)', '–', '–'],
      ['modcast', '50 (50–50)', '25 (20–30)', '–', '40 (40–40)'],
    ]);
    expect(bytes?.rows.at(-1)).toEqual(['modcast', '–', '10.0', '2.0', '–']);
    expect(ratios?.rows).toEqual([
      ['plain HTTP/1.1', '0.38 ×', '0.50 ×, 0.10 ×', '–', '0.50 ×'],
      ['Vite build', '–', '1.50 ×', '0.04 ×', '–'],
    ]);
  });

  it('says how often a page had to be reloaded again after a save', () => {
    const [times] = bootSections(result([{ ...plain, retries: 2 }]), []);
    expect(times?.rows[0]?.at(-1)).toBe('80 (80–80), 2 reloaded again');
  });

  it('has no bytes where no relay counted them, and no ratios without a peer', () => {
    const sections = bootSections(result([{ ...modcast, bytes: {} }]), ['modcast']);
    expect(sections).toHaveLength(1);
  });

  it('has the targets of its round trip, if both subjects ran', () => {
    const targets = (roundTrip: number) =>
      bootSections(result([plain, build, modcast, production], { roundTrip, mbit: 50 }), [
        'modcast',
        'production',
      ])[0]?.targets.map(({ what, value, atMost }) => [what, value, atMost]);
    expect(targets(0)).toEqual([
      ['three, modcast, warm, against plain', 0.5, 0.25],
      ['three, production, warm, against build-h2', 1.1, 1.2],
    ]);
    expect(targets(40)).toContainEqual(['three, production, changed, bytes, against build-h2', 0.04, 0.02]);
    expect(targets(150)).toEqual([]);
  });
});
