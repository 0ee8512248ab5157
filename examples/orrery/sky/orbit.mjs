import { eccentricAnomaly } from 'math/kepler.mjs';
import { clamp, radians, TAU } from 'math/scalar.mjs';
import { set } from 'math/vector.mjs';
import { centuries } from './calendar.mjs';

/** Days in which the Sun's mass turns a body at 1 AU once: Gauss's year. */
const GAUSSIAN_YEAR = 365.2568983;

const at = ([value, rate], T) => value + rate * T;

/**
 * The elements of an orbit at a Julian day: a in AU, e, and in radians the inclination i, the
 * node, the argument of perihelion and the mean anomaly M. Planets come as values with rates,
 * comets as fixed elements with the day of their passage (see bodies.json).
 */
export function elementsAt(orbit, day) {
  if ('passage' in orbit) {
    const period = GAUSSIAN_YEAR * orbit.a ** 1.5;
    return {
      a: orbit.a,
      e: orbit.e,
      i: radians(orbit.i),
      node: radians(orbit.node),
      argument: radians(orbit.argument),
      M: (TAU * (day - orbit.passage)) / period,
    };
  }
  const T = centuries(day);
  const near = clamp(T, -20, 20); // the shape's rates mean nothing further out
  const perihelion = at(orbit.perihelion, near);
  const node = at(orbit.node, near);
  return {
    a: at(orbit.a, near),
    e: at(orbit.e, near),
    i: radians(at(orbit.i, near)),
    node: radians(node),
    argument: radians(perihelion - node),
    M: radians(at(orbit.longitude, T) - perihelion),
  };
}

/** Where elements put a body, in AU: the Sun at the origin, the ecliptic as the xy plane. */
export function positionOf(elements, out) {
  return pointAt(elements, eccentricAnomaly(elements.M, elements.e), out);
}

/** The point of an orbit at eccentric anomaly E. */
export function pointAt({ a, e, i, node, argument }, E, out) {
  const x = a * (Math.cos(E) - e);
  const y = a * Math.sqrt(1 - e * e) * Math.sin(E);
  const cosW = Math.cos(argument);
  const sinW = Math.sin(argument);
  const u = x * cosW - y * sinW;
  const v = x * sinW + y * cosW;
  const cosN = Math.cos(node);
  const sinN = Math.sin(node);
  const flat = v * Math.cos(i);
  return set(out, u * cosN - flat * sinN, u * sinN + flat * cosN, v * Math.sin(i));
}

/** How far along its orbit a body is, as a part of one turn of eccentric anomaly in [0, 1). */
export function turnOf(elements) {
  const turn = eccentricAnomaly(elements.M, elements.e) / TAU;
  return turn < 0 ? turn + 1 : turn;
}

/** km/s on an orbit of semi-major axis a, at distance r from the Sun (AU): vis viva. */
export const speedAt = (r, a) => 29.7847 * Math.sqrt(2 / r - 1 / a);
