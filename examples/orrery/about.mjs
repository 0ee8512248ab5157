import { advance, choosePalette, elementsAt, find, julianDay, palette, planets, positionOf } from 'orrery';
import { vector } from 'math/vector.mjs';
import { wear } from './colour/palette.mjs';
import { boot } from './hud/boot.mjs';
import { FIRST_PICTURE } from './hud/report.mjs';
import { recall } from './stage/memory.mjs';

const THREADS = 1100;
const YEARS = 8;

choosePalette(recall()?.palette);
wear();
drawRose(document.querySelector('#figure'));
document.querySelector('#footer').append(boot());
performance.mark(FIRST_PICTURE);

/** The rosette as a still picture, by the same arithmetic as the piece. */
function drawRose(canvas) {
  const side = canvas.clientWidth * Math.min(2, devicePixelRatio || 1);
  canvas.width = canvas.height = side;
  const ctx = canvas.getContext('2d');
  const worlds = planets();
  const today = julianDay();
  advance(worlds, today);
  const [venus, earth] = [find(worlds, 'Venus'), find(worlds, 'Earth')];
  const a = vector();
  const b = vector();
  const k = side / 2.06;
  ctx.translate(side / 2, side / 2);
  ctx.scale(k, -k);
  ctx.lineWidth = 0.9 / k;
  ctx.globalCompositeOperation = 'lighter';
  for (let i = 0; i < THREADS; i++) {
    const day = today + (i / THREADS) * YEARS * 365.25;
    positionOf(elementsAt(venus, day), a);
    positionOf(elementsAt(earth, day), b);
    const far = (Math.hypot(a.x - b.x, a.y - b.y) - 0.26) / 1.48;
    ctx.strokeStyle = palette.ramp(1 - 0.95 * far, 0.22);
    ctx.beginPath();
    ctx.moveTo(a.x, a.y);
    ctx.lineTo(b.x, b.y);
    ctx.stroke();
  }
}
