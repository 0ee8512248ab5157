import { radians, TAU } from 'math/scalar.mjs';
import { set, vector } from 'math/vector.mjs';
import { mono } from '../type/faces.mjs';

const SIGNS =
  'ARIES TAURUS GEMINI CANCER LEO VIRGO LIBRA SCORPIO SAGITTARIUS CAPRICORN AQUARIUS PISCES'.split(' ');
const SPACING = 0.036;

const inner = vector();
const outer = vector();
const along = vector();
const away = vector();
const onto = (angle, radius, out) => set(out, Math.cos(angle) * radius, Math.sin(angle) * radius, 0);

/**
 * The brass ring round the planets: a mark for each degree of ecliptic longitude, and the signs.
 * It lies in the plane, and turns and tilts with it. `grown` from 0 to 1 engraves it.
 */
export function drawDial(ctx, view, camera, radius, palette, grown) {
  const circle = (r) => {
    ctx.beginPath();
    for (let i = 0; i <= 180 * grown; i++) {
      camera.project(onto((i / 180) * TAU, r, outer), outer);
      ctx.lineTo(outer.x, outer.y);
    }
    ctx.stroke();
  };
  ctx.lineWidth = 0.8;
  ctx.strokeStyle = palette.line(0.5);
  circle(radius);
  ctx.strokeStyle = palette.line(0.22);
  circle(radius * 1.022);
  circle(radius * 1.09);

  marks(1, 0.022, 0.26);
  marks(10, 0.036, 0.5);
  marks(30, 0.09, 0.6);
  drawSigns(ctx, view, camera, radius * 1.07, palette, grown);

  function marks(step, length, alpha) {
    ctx.beginPath();
    for (let degree = 0; degree < 360 * grown; degree += step) {
      camera.project(onto(radians(degree), radius, inner), inner);
      camera.project(onto(radians(degree), radius * (1 + length), outer), outer);
      ctx.moveTo(inner.x, inner.y);
      ctx.lineTo(outer.x, outer.y);
    }
    ctx.strokeStyle = palette.line(alpha);
    ctx.stroke();
  }
}

/** Each letter is set flat on the ring: its two sides are the ring's own directions, as seen. */
function drawSigns(ctx, view, camera, radius, palette, grown) {
  const size = radius * camera.scale * camera.zoom.value * 0.026;
  if (size < 3.5) return;
  ctx.save();
  ctx.font = mono(size.toFixed(1));
  ctx.textAlign = 'center';
  ctx.fillStyle = palette.line(0.72);
  SIGNS.forEach((word, sign) => {
    [...word].forEach((letter, i) => {
      const angle = radians(sign * 30 + 15) + (i - (word.length - 1) / 2) * SPACING;
      if (angle > TAU * grown) return;
      camera.project(onto(angle, radius, outer), outer);
      camera.turn(onto(angle, 1, away), away);
      camera.turn(set(along, -Math.sin(angle), Math.cos(angle), 0), along);
      const d = view.density;
      ctx.setTransform(along.x * d, along.y * d, away.x * d, away.y * d, outer.x * d, outer.y * d);
      ctx.fillText(letter, 0, 0);
    });
  });
  ctx.restore();
}

/** A small pointer on the ring's inner side, at a body's longitude. */
export function drawPointer(ctx, camera, radius, body, palette) {
  const angle = Math.atan2(body.position.y, body.position.x);
  camera.project(onto(angle, radius * 0.992, outer), outer);
  camera.project(onto(angle, radius * 0.962, inner), inner);
  ctx.strokeStyle = palette.ramp(body.tone, 0.9);
  ctx.lineWidth = 1.6;
  ctx.beginPath();
  ctx.moveTo(inner.x, inner.y);
  ctx.lineTo(outer.x, outer.y);
  ctx.stroke();
}
