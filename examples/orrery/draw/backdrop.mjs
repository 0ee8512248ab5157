import { fractal, noise } from 'math/noise.mjs';
import { seeded } from 'math/random.mjs';
import { clamp, mix, smoothstep, TAU } from 'math/scalar.mjs';

/** Grain is a tile of so many pixels, made once. */
const SIDE = 128;
let tile = null;

/** The night behind everything: ground, a little haze, stars, and the dark at the edges. */
export function drawBackdrop(ctx, { width, height }, palette) {
  ctx.fillStyle = palette.ground();
  ctx.fillRect(0, 0, width, height);
  drawHaze(ctx, width, height, palette);
  drawStars(ctx, width, height, palette);
  drawEdges(ctx, width, height, palette);
  ctx.globalAlpha = 0.035;
  ctx.fillStyle = ctx.createPattern(grain(), 'repeat');
  ctx.fillRect(0, 0, width, height);
  ctx.globalAlpha = 1;
}

/** How much of the Milky Way there is at a place: a band across the window, torn by noise. */
function band(x, y) {
  const across = (x - 0.5) * 0.55 + (y - 0.5) + 0.12 * noise(x * 2.2, y * 2.2, 3);
  return Math.exp(-((across / 0.24) ** 2));
}

function drawHaze(ctx, width, height, palette) {
  const step = Math.max(width, height) / 72;
  const columns = Math.ceil(width / step);
  const rows = Math.ceil(height / step);
  const small = new OffscreenCanvas(columns, rows);
  const paint = small.getContext('2d');
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const x = i / columns;
      const y = j / rows;
      const cloud = fractal(x * 2.6 * (width / height), y * 2.6, 7, 4) + 0.5;
      const tone = smoothstep(0.3, 0.7, fractal(x * 1.7 + 9, y * 1.7, 1, 2) + 0.5);
      paint.fillStyle = palette.haze[0](clamp(cloud * band(x, y) * 1.1) * (1 - tone));
      paint.fillRect(i, j, 1, 1);
      paint.fillStyle = palette.haze[1](clamp(cloud * band(x, y) * 1.1) * tone);
      paint.fillRect(i, j, 1, 1);
    }
  }
  ctx.imageSmoothingQuality = 'high';
  ctx.drawImage(small, 0, 0, columns * step, rows * step);
}

function drawStars(ctx, width, height, palette) {
  const random = seeded(1610); // Galileo turns a telescope up
  const count = Math.round((width * height) / 620);
  for (let n = 0; n < count; n++) {
    const x = random();
    const y = random();
    const magnitude = random() ** 7;
    const warmth = random();
    if (random() > 0.35 + 0.65 * band(x, y)) continue;
    ctx.fillStyle = palette.ramp(mix(0.15, 0.75, warmth), mix(0.16, 0.85, magnitude));
    ctx.beginPath();
    ctx.arc(x * width, y * height, mix(0.35, 1.15, magnitude), 0, TAU);
    ctx.fill();
  }
}

function drawEdges(ctx, width, height, palette) {
  const radius = Math.hypot(width, height) / 2;
  const shade = ctx.createRadialGradient(width / 2, height / 2, radius * 0.45, width / 2, height / 2, radius);
  shade.addColorStop(0, palette.ground(0));
  shade.addColorStop(1, palette.ground(0.85));
  ctx.fillStyle = shade;
  ctx.fillRect(0, 0, width, height);
}

/** A tile of film grain. Eight bits a channel are too few for a dark gradient: grain hides the steps. */
function grain() {
  if (tile) return tile;
  tile = new OffscreenCanvas(SIDE, SIDE);
  const ctx = tile.getContext('2d');
  const image = ctx.createImageData(SIDE, SIDE);
  const random = seeded(35);
  for (let i = 0; i < image.data.length; i += 4) {
    image.data.fill(random() * 255, i, i + 3);
    image.data[i + 3] = 255;
  }
  ctx.putImageData(image, 0, 0);
  return tile;
}
