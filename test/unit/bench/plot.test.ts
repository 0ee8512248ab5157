import { parseFragment } from 'parse5';
import { describe, expect, it } from 'vitest';
import type { BootResult } from '../../bench/boot-result.mjs';
import { plot, timeAxis } from '../../bench/plot.mjs';

const about = { rounds: 5, browser: 'Chromium 1', own: ['modcast'] };

const resultOf = (title: string, roundTrip: number): BootResult => ({
  site: title,
  title,
  network: { roundTrip, mbit: Infinity },
  taken: [
    {
      id: 'plain',
      name: 'plain <1.1>',
      ms: { cold: [3000, 9000, 4000], warm: [2000] },
      bytes: {},
      retries: 0,
    },
    {
      id: 'modcast',
      name: 'modcast',
      ms: { cold: [150], warm: [100], changed: [120] },
      bytes: {},
      retries: 0,
    },
  ],
});

/** The elements of a drawing with a class, by their attributes. */
function elements(svg: string, className: string): Record<string, string>[] {
  const found: Record<string, string>[] = [];
  const search = (nodes: readonly any[]) => {
    for (const node of nodes) {
      const attributes = Object.fromEntries((node.attrs ?? []).map(({ name, value }: any) => [name, value]));
      const text = node.childNodes?.map(({ value = '' }: any) => value).join('') ?? '';
      if (attributes['class']?.split(' ').includes(className)) found.push({ ...attributes, text });
      search(node.childNodes ?? []);
    }
  };
  search(parseFragment(svg).childNodes);
  return found;
}

describe('the axis', () => {
  it('has ticks around all values, and equal distances for equal ratios', () => {
    const { ticks, at } = timeAxis([110, 4200]);
    expect(ticks).toEqual([100, 200, 500, 1000, 2000, 5000]);
    expect([at(100), at(5000)]).toEqual([0, 1]);
    expect(at(400) - at(200)).toBeCloseTo(at(2000) - at(1000));
  });

  it.each([[[100]], [[100, 100]], [[0.2]], [[900_000]], [[1, 400_000]]])(
    'has two ticks or more for %j',
    (values) => {
      const { ticks } = timeAxis(values);
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks).toEqual(ticks.toSorted((a, b) => a - b));
    },
  );
});

describe('the plot', () => {
  const svg = plot([resultOf('one', 0), resultOf('two, 3 modules', 0), resultOf('one', 40)], about);

  it('draws the median of each state of each subject, and what is ours in another colour', () => {
    // Two of the peer and three of ours in each panel, and three in the legend.
    expect(elements(svg, 'mark')).toHaveLength(3 * 5 + 3);
    expect(elements(svg, 'own').filter((one) => one['class']?.startsWith('mark'))).toHaveLength(3 * 3);
  });

  it('puts a slower boot further to the right, and one subject on one line', () => {
    const [, plainCold, modcastCold] = elements(svg, 'cold');
    expect(Number(plainCold?.['cx'])).toBeGreaterThan(Number(modcastCold?.['cx']));
    const [, ...warm] = elements(svg, 'warm');
    expect(warm[0]?.['cy']).toBe(plainCold?.['cy']);
    expect(warm[1]?.['cy']).toBe(modcastCold?.['cy']);
    expect(warm[0]?.['cy']).not.toBe(warm[1]?.['cy']);
  });

  it('names each site once, each network, and the subjects beside each network', () => {
    expect(elements(svg, 'site').map(({ text }) => text)).toEqual(['one', 'two']);
    expect(elements(svg, 'name').map(({ text }) => text)).toEqual([
      'plain <1.1>',
      'modcast',
      'plain <1.1>',
      'modcast',
    ]);
    expect(elements(svg, 'note').map(({ text }) => text)).toContain('round trip 40 ms');
  });

  it('escapes text, says all in words, and has colours for dark pages', () => {
    expect(svg).toContain('plain &lt;1.1&gt;');
    expect(svg).toContain('one, 0 ms, warm: plain &lt;1.1&gt; 2 s, modcast 100 ms.');
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('has only what is in its drawing area', () => {
    const places = [...svg.matchAll(/ (?:cx|x|x1|x2)="([-\d.]+)"/g)].map(([, x]) => Number(x));
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...places)).toBeLessThanOrEqual(960);
  });
});
