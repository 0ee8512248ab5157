import { TAU } from 'math/scalar.mjs';
import { set, vector } from 'math/vector.mjs';
import { pointAt } from '../sky/orbit.mjs';
import { shortened } from '../sky/scale.mjs';

const POINTS = 180;
const PIECES = 18;
const point = vector();

/** An orbit, sampled once: it changes by less than a line's width in a century. */
export function trailOf(body) {
  const points = Array.from({ length: POINTS }, (_, i) =>
    shortened(pointAt(body.elements, (i / POINTS) * TAU, point), vector()),
  );
  return { body, points, seen: points.map(() => vector()) };
}

/**
 * A whole orbit as a hairline, and on it the way that its body has come, fading with age.
 * `grown` from 0 to 1 lets it grow out of the body.
 */
export function drawTrail(ctx, { body, points, seen }, camera, palette, grown, strength = 1) {
  for (let i = 0; i < POINTS; i++) camera.project(points[i], seen[i]);
  const head = camera.project(body.position, set(point, 0, 0, 0));
  const first = Math.floor(body.turn * POINTS);
  const length = Math.round(POINTS * grown);
  const at = (back) => seen[(first - back + 2 * POINTS) % POINTS];

  ctx.lineWidth = 0.7;
  ctx.strokeStyle = palette.line(0.17 * strength);
  ctx.beginPath();
  ctx.moveTo(head.x, head.y);
  for (let back = 0; back < length; back++) ctx.lineTo(at(back).x, at(back).y);
  if (grown === 1) ctx.lineTo(head.x, head.y);
  ctx.stroke();

  const step = (length * 0.86) / PIECES;
  for (let piece = 0; piece < PIECES; piece++) {
    const age = piece / PIECES;
    ctx.strokeStyle = palette.ramp(body.tone, 0.85 * strength * (1 - age) ** 2.4);
    ctx.lineWidth = 1.5 - 0.8 * age;
    ctx.beginPath();
    const from = Math.round(piece * step);
    if (piece === 0) ctx.moveTo(head.x, head.y);
    else ctx.moveTo(at(from).x, at(from).y);
    for (let back = from; back <= Math.round((piece + 1) * step); back++) ctx.lineTo(at(back).x, at(back).y);
    ctx.stroke();
  }
}
