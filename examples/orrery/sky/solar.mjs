import data from './bodies.json' with { type: 'json' };
import { systemOf } from './system.mjs';

/** The Sun's own system, as of no day yet: `advance` it to one. */
export const planets = () => systemOf(data.planets);

export const comets = () => systemOf(data.comets);
