import { noise } from 'math/noise.mjs';
import { clamp, mix } from 'math/scalar.mjs';

const STOPS = 14;

/**
 * A planet as an engraver draws it: one line for each circle of latitude, wide in the light and
 * thin in the dark.
 *   r              pixels; everything below counts in this radius
 *   flat           the height of the pole
 *   tilt           the camera's: 0 looks down on the pole
 *   light          unit vector to the Sun, z along the axis, y away from the eye
 *   tone           (latitude) where on the palette's ramp a line is
 *   shade          (x, y, z) how much light reaches a point of the surface
 */
export function drawGlobe(ctx, { x, y, r, flat, tilt, light, tone, shade = () => 1 }, density, palette) {
  const sin = Math.sin(tilt);
  const cos = Math.cos(tilt);
  const tall = r * Math.hypot(flat * sin, cos);
  ctx.save();
  ctx.translate(x, y);

  ctx.fillStyle = palette.ground();
  ctx.beginPath();
  ctx.ellipse(0, 0, r, tall, 0, 0, 2 * Math.PI);
  ctx.fill();
  ctx.clip();

  const lines = Math.round((r * density) / 2.1);
  for (let i = 1; i < lines; i++) {
    const latitude = mix(-Math.PI / 2, Math.PI / 2, i / lines);
    const wide = Math.cos(latitude);
    const high = flat * Math.sin(latitude);
    const hidden = -Math.tan(latitude) * (cos / Math.max(sin, 1e-4)) * flat;
    if (hidden >= 1) continue;
    const half = hidden <= -1 ? Math.PI : Math.acos(hidden);
    ctx.strokeStyle = lit(wide, high, latitude);
    ctx.lineWidth = (r / lines) * 1.62 * (0.75 + 0.5 * noise(latitude * 31, 3));
    ctx.beginPath();
    ctx.ellipse(0, -high * sin * r, wide * r, wide * cos * r, 0, Math.PI / 2 - half, Math.PI / 2 + half);
    ctx.stroke();
  }
  ctx.restore();

  /** Across the front of a circle of latitude, from limb to limb. */
  function lit(wide, high, latitude) {
    const colour = tone(latitude);
    const gradient = ctx.createLinearGradient(-wide * r, 0, wide * r, 0);
    for (let i = 0; i <= STOPS; i++) {
      const across = mix(-1, 1, i / STOPS);
      const px = wide * across;
      const py = -wide * Math.sqrt(Math.max(0, 1 - across * across));
      const facing = px * light.x + py * light.y + Math.sin(latitude) * light.z;
      const bright = clamp(facing * 1.15) ** 0.8 * shade(px, py, high);
      gradient.addColorStop(i / STOPS, palette.ramp(colour, clamp(0.035 + 0.95 * bright)));
    }
    return gradient;
  }
}
