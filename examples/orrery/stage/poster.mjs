import { palette } from '../colour/palette.mjs';
import { dateOf } from '../sky/calendar.mjs';
import { italic, mono } from '../type/faces.mjs';

/** The drawing of this moment as a PNG, with its title below it. Loaded when first wanted. */
export async function savePoster({ backdrop, canvas, piece, clock }) {
  const { width, height } = canvas;
  const unit = Math.min(width, height) / 100;
  const tall = height + Math.round(unit * 15);
  const poster = new OffscreenCanvas(width, tall);
  const ctx = poster.getContext('2d');
  ctx.fillStyle = palette.ground();
  ctx.fillRect(0, 0, width, tall);
  ctx.drawImage(backdrop, 0, 0);
  ctx.drawImage(canvas, 0, 0);
  ctx.textAlign = 'center';
  ctx.fillStyle = palette.ink(0.9);
  ctx.font = italic(unit * 5);
  ctx.fillText(piece.title, width / 2, tall - unit * 9);
  ctx.fillStyle = palette.ink(0.5);
  ctx.font = mono(unit * 1.4);
  ctx.fillText(dateOf(clock.day), width / 2, tall - unit * 5.4);

  const link = document.createElement('a');
  link.href = URL.createObjectURL(await poster.convertToBlob());
  link.download = `${piece.title.toLowerCase()}-${palette.name.toLowerCase()}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
