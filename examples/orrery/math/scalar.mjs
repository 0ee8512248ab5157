/** Numbers, one at a time. */

export const TAU = Math.PI * 2;

export const radians = (degrees) => (degrees * Math.PI) / 180;

export const clamp = (x, low = 0, high = 1) => (x < low ? low : x > high ? high : x);

/** From a to b as t goes from 0 to 1, and beyond as it goes beyond. */
export const mix = (a, b, t) => a + (b - a) * t;

/** Where x lies between a and b: the inverse of `mix`. */
export const unmix = (a, b, x) => (x - a) / (b - a);

/** x folded into [0, period), also when x is negative. */
export const wrap = (x, period) => x - Math.floor(x / period) * period;

/** 0 below a, 1 above b, and a slope without corners in between. */
export function smoothstep(a, b, x) {
  const t = clamp(unmix(a, b, x));
  return t * t * (3 - 2 * t);
}
