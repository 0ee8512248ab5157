import { seeded } from 'math/random.mjs';
import { mix } from 'math/scalar.mjs';

/** Perlin's improved gradient noise in three dimensions, in about [-1, 1]. */

const order = new Uint8Array(512);
{
  const random = seeded(1781); // the year in which Uranus was found
  const deck = Array.from({ length: 256 }, (_, i) => i);
  for (let i = 255; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [deck[i], deck[j]] = [deck[j], deck[i]];
  }
  order.set(deck);
  order.set(deck, 256);
}

const fade = (t) => t * t * t * (t * (t * 6 - 15) + 10);

function slope(hash, x, y, z) {
  const h = hash & 15;
  const u = h < 8 ? x : y;
  const v = h < 4 ? y : h === 12 || h === 14 ? x : z;
  return ((h & 1) === 0 ? u : -u) + ((h & 2) === 0 ? v : -v);
}

/** The four corners of one face of the lattice's cell, blended. */
function face(aa, ba, ab, bb, x, y, z, u, v) {
  const a = slope(order[aa], x, y, z);
  const b = slope(order[ba], x - 1, y, z);
  const c = slope(order[ab], x, y - 1, z);
  const d = slope(order[bb], x - 1, y - 1, z);
  return mix(mix(a, b, u), mix(c, d, u), v);
}

export function noise(x, y, z = 0) {
  const X = Math.floor(x);
  const Y = Math.floor(y);
  const Z = Math.floor(z);
  x -= X;
  y -= Y;
  z -= Z;
  const u = fade(x);
  const v = fade(y);
  const A = order[X & 255] + (Y & 255);
  const B = order[(X & 255) + 1] + (Y & 255);
  const aa = order[A] + (Z & 255);
  const ab = order[A + 1] + (Z & 255);
  const ba = order[B] + (Z & 255);
  const bb = order[B + 1] + (Z & 255);
  const near = face(aa, ba, ab, bb, x, y, z, u, v);
  const far = face(aa + 1, ba + 1, ab + 1, bb + 1, x, y, z - 1, u, v);
  return mix(near, far, fade(z));
}

/** Octaves of noise, each twice as fine and half as strong, in about [-1, 1]. */
export function fractal(x, y, z, octaves = 4) {
  let sum = 0;
  let amplitude = 0.5;
  for (let i = 0; i < octaves; i++) {
    sum += amplitude * noise(x, y, z);
    x *= 2.03;
    y *= 2.03;
    z *= 2.03;
    amplitude *= 0.5;
  }
  return sum;
}

const STEP = 0.01;

/**
 * The curl of a noise potential: a flow that swirls and never piles up, because it has no
 * divergence (Bridson, Houriham and Nordenstam, 2007). Written into `out`.
 */
export function curl(x, y, time, out) {
  const dx = noise(x + STEP, y, time) - noise(x - STEP, y, time);
  const dy = noise(x, y + STEP, time) - noise(x, y - STEP, time);
  out.x = dy / (2 * STEP);
  out.y = -dx / (2 * STEP);
  return out;
}
