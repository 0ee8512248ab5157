import { vector } from 'math/vector.mjs';
import { positionOf } from '../sky/orbit.mjs';
import { shortened } from '../sky/scale.mjs';

const SHADES = 3;
const point = vector();
const elements = {};

/** The asteroid belt as dust: one path for each of a few shades, one pixel for each rock. */
export function drawRocks(ctx, rocks, day, camera, palette, strength) {
  for (let shade = 0; shade < SHADES; shade++) {
    ctx.fillStyle = palette.line((0.2 + 0.24 * shade) * strength);
    ctx.beginPath();
    for (let i = shade; i < rocks.length; i += SHADES) {
      const rock = rocks[i];
      Object.assign(elements, rock);
      elements.M = rock.M + rock.motion * day;
      shortened(positionOf(elements, point), point);
      camera.project(point, point);
      const size = 0.7 + 0.7 * rock.light;
      ctx.rect(point.x, point.y, size, size);
    }
    ctx.fill();
  }
}
