import { signal } from '../stage/signal.mjs';
import list from './palettes.json' with { type: 'json' };
import { rampOf, tintOf } from './ramp.mjs';

export const palettes = list.map((entry) => ({
  ...entry,
  ramp: rampOf(entry.ramp),
  ink: tintOf(entry.ink),
  line: tintOf(entry.line),
  accent: tintOf(entry.accent),
  sun: tintOf(entry.sun),
  ground: tintOf(entry.ground),
  haze: entry.haze.map(tintOf),
}));

/** The palette in use: a live binding, so importers always see the current one. */
export let palette = palettes[0];

export const paletteChanged = signal();

/** Chooses a palette by name or index. An unknown one changes nothing. */
export function choosePalette(which) {
  const next = palettes.find((p, i) => i === which || p.name.toLowerCase() === String(which).toLowerCase());
  if (!next || next === palette) return palette;
  palette = next;
  wear(next);
  paletteChanged.emit(next);
  return next;
}

/** The page's text and its panel follow, through the stylesheet's custom properties. */
export function wear(p = palette) {
  const style = document.documentElement.style;
  for (const name of ['ground', 'ink', 'line', 'accent']) style.setProperty(`--${name}`, p[name]());
  document
    .querySelector('meta[name="theme-color"]')
    ?.setAttribute('content', list[palettes.indexOf(p)].ground);
}
