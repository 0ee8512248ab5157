import { clamp, mix, TAU } from 'math/scalar.mjs';

const HALF = Math.PI / 2;
/** How far to both sides of the true terminator the dusk reaches. */
const DUSK = 0.3;

/**
 * A ball in sunlight. `light` is the direction to the Sun as the camera sees it (x right, y down,
 * z towards the eye): the ball shows the phase it has from here. `lean` is how far its axis is from
 * upright, in radians.
 */
export function drawSphere(ctx, x, y, r, light, { tone, bands = 0 }, palette, lean = 0) {
  ctx.save();
  ctx.translate(x, y);
  ctx.fillStyle = palette.ground();
  disc(ctx, r + 0.6);
  ctx.fillStyle = palette.ramp(tone, 0.2);
  disc(ctx, r);

  const length = Math.hypot(light.x, light.y, light.z) || 1;
  ctx.rotate(Math.atan2(light.y, light.x));
  const passes = r < 6 ? 3 : 10;
  ctx.fillStyle = palette.ramp(tone, 1 - 0.1 ** (1 / passes));
  for (let pass = 0; pass < passes; pass++) {
    crescent(ctx, r, clamp(light.z / length + mix(-DUSK, DUSK, pass / (passes - 1)), -1, 1));
    ctx.fill();
  }
  ctx.restore();
  if (bands > 0 && r > 4) drawBands(ctx, x, y, r, bands, lean, palette);
}

function disc(ctx, r) {
  ctx.beginPath();
  ctx.arc(0, 0, r, 0, TAU);
  ctx.fill();
}

/** What a ball lit from the right shows: half a disc, and half an ellipse more or less. */
function crescent(ctx, r, towards) {
  ctx.beginPath();
  ctx.arc(0, 0, r, -HALF, HALF);
  ctx.ellipse(0, 0, r * Math.abs(towards), r, 0, HALF, -HALF, towards < 0);
  ctx.closePath();
}

function drawBands(ctx, x, y, r, count, lean, palette) {
  ctx.save();
  ctx.translate(x, y);
  ctx.rotate(lean);
  ctx.beginPath();
  for (let i = 0; i < count; i++) {
    const h = mix(-0.66, 0.66, i / (count - 1)) * r;
    const half = Math.sqrt(r * r - h * h) * 0.94;
    ctx.moveTo(-half, h);
    ctx.quadraticCurveTo(0, h + r * 0.16, half, h);
  }
  ctx.strokeStyle = palette.ground(0.34);
  ctx.lineWidth = r * 0.09;
  ctx.stroke();
  ctx.restore();
}
