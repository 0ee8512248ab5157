import { length, set } from 'math/vector.mjs';

/**
 * Neptune is eighty times as far from the Sun as Mercury: to fit one screen, distances are
 * compressed. A power law keeps every direction and the order of the orbits. `POWER` 1 shows true
 * distances, and an almost empty screen.
 */
export const POWER = 0.43;

export const shorten = (distance, power = POWER) => distance ** power;

/** A place in AU as the place where it is drawn. */
export function shortened(v, out, power = POWER) {
  const r = length(v);
  const k = r > 0 ? shorten(r, power) / r : 0;
  return set(out, v.x * k, v.y * k, v.z * k);
}
