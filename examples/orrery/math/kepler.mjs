import { wrap, TAU } from 'math/scalar.mjs';

/**
 * The eccentric anomaly E for a mean anomaly M (radians), from Kepler's M = E - e sin E, by
 * Newton's method. The start at M + e keeps it safe for comets too (e below 1).
 */
export function eccentricAnomaly(mean, eccentricity) {
  const M = wrap(mean + Math.PI, TAU) - Math.PI;
  let E = M + (M < 0 ? -eccentricity : eccentricity);
  for (let i = 0; i < 12; i++) {
    const step = (E - eccentricity * Math.sin(E) - M) / (1 - eccentricity * Math.cos(E));
    E -= step;
    if (Math.abs(step) < 1e-9) break;
  }
  return E;
}
