import { bodyOf, move } from './body.mjs';

/** The bodies round a centre: planets round the Sun (no centre), moons round a planet. */
export function systemOf(list, centre = null) {
  return list.map((data) => bodyOf(data, centre));
}

/** Puts every body of a system, and of the systems in it, where it is on a Julian day. */
export function advance(system, day) {
  for (const body of system) move(body, day);
}

/** The body of that name, however deep. */
export function find(system, name) {
  for (const body of system) {
    const found = body.name === name ? body : find(body.satellites, name);
    if (found) return found;
  }
  return null;
}
