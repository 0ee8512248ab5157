import { noise } from 'math/noise.mjs';
import { smoothstep } from 'math/scalar.mjs';

/** Saturn's rings and the moons that keep them, in radii of Saturn; periods in days. */
export const INNER = 1.239;
export const OUTER = 2.327;

export const moons = [
  { name: 'Pan', orbit: 2.214, period: 0.575, size: 1.6, tone: 0.7 },
  { name: 'Prometheus', orbit: 2.31, period: 0.613, size: 1.8, tone: 0.6 },
  { name: 'Pandora', orbit: 2.352, period: 0.629, size: 1.7, tone: 0.55 },
  { name: 'Mimas', orbit: 3.075, period: 0.942, size: 2.6, tone: 0.5 },
  { name: 'Enceladus', orbit: 3.945, period: 1.37, size: 3, tone: 0.42 },
];

/** Days in which a grain of ring goes round: Kepler's third law, from Mimas. */
export const periodAt = (r) => 0.942 * (r / 3.075) ** 1.5;

/** A ring from a to b with soft edges. */
const between = (a, b, r, edge = 0.012) => smoothstep(a, a + edge, r) * smoothstep(b, b - edge, r);

/** How much of the light a ring of that radius stops, in [0, 1]: C, B, Cassini's division, A, F. */
export function opacityAt(r) {
  const grooves = 0.5 + 0.5 * noise(r * 46, 0.5) + 0.25 * noise(r * 90, 2.5);
  const C = between(1.239, 1.526, r) * (0.12 + 0.1 * (r - 1.239) + 0.14 * grooves * grooves);
  const B = between(1.526, 1.95, r, 0.03) * (0.66 + 0.34 * grooves);
  const division = between(1.95, 2.025, r) * 0.07;
  const encke = 1 - 0.95 * between(2.207, 2.222, r, 0.004);
  const A = between(2.025, 2.269, r, 0.02) * (0.42 + 0.2 * grooves) * encke;
  const F = between(2.318, 2.327, r, 0.003) * 0.5;
  return Math.min(1, C + B + division + A + F);
}
