import { gaussian, seeded } from 'math/random.mjs';
import { mix, radians, TAU } from 'math/scalar.mjs';

/** Where Jupiter's pull has swept the belt clean, in AU (Kirkwood, 1866), and how wide. */
const GAPS = [
  [2.502, 0.03],
  [2.825, 0.02],
  [2.958, 0.02],
];

const swept = (a) => GAPS.some(([at, width]) => Math.abs(a - at) < width);

/** Made-up asteroids with the real belt's statistics: elements as `positionOf` takes them. */
export function belt(count, seed = 1801) {
  const random = seeded(seed);
  const rocks = [];
  while (rocks.length < count) {
    const a = mix(2.12, 3.32, random());
    if (swept(a)) continue;
    rocks.push({
      a,
      e: Math.abs(gaussian(random)) * 0.08,
      i: radians(Math.abs(gaussian(random)) * 7),
      node: random() * TAU,
      argument: random() * TAU,
      M: random() * TAU,
      /** Radians a day, by Kepler's third law. */
      motion: TAU / (365.2569 * a ** 1.5),
      light: random(),
    });
  }
  return rocks;
}
