import { clamp, TAU } from 'math/scalar.mjs';
import { length, set, vector } from 'math/vector.mjs';

const HAIRS = 9;
const tip = vector();

/** A comet's tail points away from the Sun, wherever the comet goes, and grows as it comes near. */
export function drawComet(ctx, comet, head, camera, palette, strength) {
  const { position, place } = comet;
  const near = clamp(1.9 / length(place), 0, 2.2);
  const reach = 0.09 * near * near;
  const r = length(position) || 1;
  for (let i = 0; i < HAIRS; i++) {
    const spread = (i / (HAIRS - 1) - 0.5) * 0.22 * near;
    const long = reach * (1 - Math.abs(spread) * 1.4) + 0.02;
    const k = long / r;
    set(
      tip,
      position.x + (position.x - position.y * spread) * k,
      position.y + (position.y + position.x * spread) * k,
      position.z + position.z * k,
    );
    camera.project(tip, tip);
    const fade = ctx.createLinearGradient(head.x, head.y, tip.x, tip.y);
    fade.addColorStop(0, palette.ink(0.4 * strength));
    fade.addColorStop(1, palette.ink(0));
    ctx.strokeStyle = fade;
    ctx.lineWidth = 0.9;
    ctx.beginPath();
    ctx.moveTo(head.x, head.y);
    ctx.lineTo(tip.x, tip.y);
    ctx.stroke();
  }
  ctx.fillStyle = palette.ink(0.9 * strength);
  ctx.beginPath();
  ctx.arc(head.x, head.y, comet.size * (0.7 + 0.3 * near), 0, TAU);
  ctx.fill();
}
