import { noise } from 'math/noise.mjs';
import { TAU } from 'math/scalar.mjs';
import { drawGlow } from './glow.mjs';

/** Rays of the corona, how far they reach in Sun radii, and how restless they are. Play with these. */
const RAYS = 120;
const REACH = 2.4;
const UNREST = 0.22;

/** The Sun as engravers drew it: a disc, a glow, and a crown of hairlines that never holds still. */
export function drawSun(ctx, x, y, r, seconds, palette) {
  drawGlow(ctx, x, y, r * 13, palette);

  ctx.beginPath();
  for (let i = 0; i < RAYS; i++) {
    const angle = (i / RAYS) * TAU;
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    const lively = 0.5 + 0.5 * noise(cos * 2.1, sin * 2.1, seconds * UNREST);
    const fine = 0.5 + 0.5 * noise(cos * 9, sin * 9, seconds * UNREST * 2 + 40);
    const from = r * 0.96;
    const to = from + r * REACH * lively * lively * (i % 2 ? 1 : 0.5) * (0.4 + fine);
    ctx.moveTo(x + cos * from, y + sin * from);
    ctx.lineTo(x + cos * to, y + sin * to);
  }
  const fade = ctx.createRadialGradient(x, y, r, x, y, r * (1 + REACH));
  fade.addColorStop(0, palette.sun(0.9));
  fade.addColorStop(1, palette.accent(0.1));
  ctx.strokeStyle = fade;
  ctx.lineWidth = r / 22;
  ctx.stroke();

  const face = ctx.createRadialGradient(x, y, 0, x, y, r);
  face.addColorStop(0, '#fff');
  face.addColorStop(0.55, palette.sun());
  face.addColorStop(1, palette.accent());
  ctx.fillStyle = face;
  ctx.beginPath();
  ctx.arc(x, y, r, 0, TAU);
  ctx.fill();
}
