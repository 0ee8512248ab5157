import { expect, it } from 'vitest';
import { chromium } from './chromium.js';
import type { Engine } from './engine.js';
import { selectEngines } from './selection.js';

const engine = (name: Engine['name'], find = () => {}): Engine => ({ ...chromium, name, find });
const there = engine('Firefox');
const gone = engine('WebKit', () => {
  throw new Error('No WebKit found. Install it.');
});

it('takes Chromium and all others that are installed, and tells how to install those that are missing', () => {
  expect(selectEngines('', [chromium, there, gone])).toEqual({
    engines: [chromium, there],
    missing: ['No WebKit found. Install it.'],
  });
});

it('takes those that are named, in its own order, installed or not', () => {
  const names = (named: string) =>
    selectEngines(named, [chromium, there, gone]).engines.map((one) => one.name);
  expect(names('firefox')).toEqual(['Firefox']);
  expect(names(' WebKit, chromium')).toEqual(['Chromium', 'WebKit']);
});

it.each(['opera', 'chromium,', 'chromium,Firefux'])(
  'refuses BROWSERS=%s, and lists the known names',
  (named) => {
    expect(() => selectEngines(named)).toThrow(/^BROWSERS names “\w*”, .* Known are: chromium, firefox/);
  },
);
