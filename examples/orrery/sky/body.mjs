import { radians, TAU } from 'math/scalar.mjs';
import { copy, length, set, vector } from 'math/vector.mjs';
import { elementsAt, positionOf, turnOf } from './orbit.mjs';
import { shortened } from './scale.mjs';
import { advance, systemOf } from './system.mjs';

/** Moons would be a blur at the planets' pace: their months pass this many times slower. */
const SLOW_MOONS = 30;

/**
 * A body goes round a centre and is the centre of a system of its own, which is made of bodies:
 * this module and system.mjs need each other, as their subjects do.
 */
export function bodyOf(data, centre = null) {
  const body = {
    ...data,
    centre,
    /** AU from the Sun. For a moon: its planet's. */
    place: vector(),
    /** Where it is drawn. For a moon: away from its planet, in planet radii. */
    position: vector(),
    elements: null,
    turn: 0,
    satellites: null,
  };
  body.satellites = systemOf(data.moons ?? [], body);
  return body;
}

export function move(body, day) {
  if (body.centre) circle(body, day);
  else {
    body.elements = elementsAt(body, day);
    body.turn = turnOf(body.elements);
    shortened(positionOf(body.elements, body.place), body.position);
  }
  advance(body.satellites, day);
}

/** A moon keeps to a circle, which is near enough for a moon of three pixels. */
function circle(moon, day) {
  const angle = (TAU * day) / (moon.period * SLOW_MOONS);
  const tilt = radians(moon.tilt);
  copy(moon.place, moon.centre.place);
  set(
    moon.position,
    moon.orbit * Math.cos(angle),
    moon.orbit * Math.sin(angle) * Math.cos(tilt),
    moon.orbit * Math.sin(angle) * Math.sin(tilt),
  );
}

/** AU from the Sun. */
export const distanceOf = (body) => length(body.place);
