import { clamp, mix } from 'math/scalar.mjs';

const SIZE = 256;

/**
 * Colours along a line of stops, worked out once: `ramp(t)` with t in [0, 1], and an opacity.
 * The answer is a CSS colour.
 */
export function rampOf(stops) {
  const labs = stops.map(oklab);
  const table = Array.from({ length: SIZE }, (_, i) => {
    const x = (i / (SIZE - 1)) * (labs.length - 1);
    const from = Math.min(Math.floor(x), labs.length - 2);
    return channels(mixed(labs[from], labs[from + 1], x - from));
  });
  return (t, alpha = 1) => `rgb(${table[Math.round(clamp(t) * (SIZE - 1))]} / ${alpha})`;
}

/** One colour with an opacity to choose: `tint('#e6b660')(0.4)`. */
export function tintOf(hex) {
  const rgb = channels(oklab(hex));
  return (alpha = 1) => `rgb(${rgb} / ${alpha})`;
}

/*
 * Colours are mixed as the eye would, in Oklab (Björn Ottosson, 2020): no mud between two hues.
 */

const toLinear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const toGamma = (c) => (c <= 0.0031308 ? c * 12.92 : 1.055 * c ** (1 / 2.4) - 0.055);

/** '#rrggbb' as [L, a, b]. */
function oklab(hex) {
  const [r, g, b] = [1, 3, 5].map((i) => toLinear(parseInt(hex.slice(i, i + 2), 16) / 255));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** [L, a, b] as 'r g b' with whole numbers up to 255, as CSS takes them in `rgb(… / alpha)`. */
function channels([L, A, B]) {
  const l = (L + 0.3963377774 * A + 0.2158037573 * B) ** 3;
  const m = (L - 0.1055613458 * A - 0.0638541728 * B) ** 3;
  const s = (L - 0.0894841775 * A - 1.291485548 * B) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
    .map((c) => Math.min(255, Math.max(0, Math.round(toGamma(Math.max(0, c)) * 255))))
    .join(' ');
}

const mixed = (a, b, t) => a.map((x, i) => mix(x, b[i], t));
