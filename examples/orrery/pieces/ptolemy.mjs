import {
  advance,
  createLabels,
  createLayer,
  drawGlow,
  drawSphere,
  elementsAt,
  find,
  palette,
  planets,
  positionOf,
  shorten,
  shortened,
} from 'orrery';
import { TAU } from 'math/scalar.mjs';
import { set, vector } from 'math/vector.mjs';
import { drawDial } from '../draw/dial.mjs';

export const title = 'Ptolemy';
export const note = 'The same sky with the Earth in the middle: everything loops';
export const pace = 12;
export const view = () => ({ tilt: 0 });

/** Years of a planet's way that are drawn and how strongly, days from point to point, days of bright tail. */
const WAYS = [
  { name: 'Mercury', years: 7, step: 2, tail: 110, strength: 0.24 },
  { name: 'Venus', years: 8, step: 4, tail: 300, strength: 0.42 },
  { name: 'Mars', years: 15, step: 4, tail: 620, strength: 0.5 },
  { name: 'Jupiter', years: 11.86, step: 6, tail: 900, strength: 0.6 },
  { name: 'Saturn', years: 29.46, step: 9, tail: 2200, strength: 0.6 },
];
const POWER = 0.47;
/** A way is drawn in so many parts, which fade towards its past and its future. */
const PARTS = 28;
const RING = shorten(11.4, POWER);

export function open(stage) {
  const { camera, clock, view: screen } = stage;
  const worlds = planets();
  const earth = find(worlds, 'Earth');
  const labels = createLabels(screen);
  const figure = createLayer(screen, drawFigure);
  const ways = WAYS.map((way) => ({ ...way, body: find(worlds, way.name), from: 0, points: [] }));
  const home = vector();
  const seen = vector();
  const light = vector();
  let edition = 0;

  return {
    frame(ctx, dt) {
      advance(worlds, clock.day);
      if (ways.some(left)) renew();
      camera.scale = (screen.short * (screen.portrait ? 0.475 : 0.46)) / (RING * 1.09);
      figure.paint(ctx, `${palette.name} ${edition} ${camera.key}`);
      labels.begin(ctx);
      paintSun(ctx);
      paintEarth(ctx);
      for (const way of ways) paintHead(ctx, way, dt);
      return false;
    },
  };

  /** Whether time has run out of the part of the way that is drawn. */
  function left({ from, points, step, tail }) {
    const last = from + (points.length - 1) * step;
    return clock.day > last || clock.day < from + (points.length ? tail : 0);
  }

  /** Draws all paths again, with the current moment in the middle of each. */
  function renew() {
    if (edition++ > 0) stage.veil();
    for (const way of ways) {
      const count = Math.ceil((way.years * 365.25) / way.step);
      way.from = clock.day - (count * way.step) / 2;
      way.points = Array.from({ length: count + 1 }, (_, i) =>
        fromEarth(way.body, way.from + i * way.step, vector()),
      );
    }
  }

  function fromEarth(body, day, out) {
    positionOf(elementsAt(earth, day), home);
    if (body) positionOf(elementsAt(body, day), out);
    else set(out, 0, 0, 0);
    set(out, out.x - home.x, out.y - home.y, out.z - home.z);
    return shortened(out, out, POWER);
  }

  function drawFigure(ctx) {
    ctx.save();
    drawDial(ctx, screen, camera, RING, palette, 1);
    ctx.restore();
    for (const { body, points, strength } of ways) {
      ctx.lineWidth = 0.75;
      for (let part = 0; part < PARTS; part++) {
        const at = (i) => Math.round((i / PARTS) * (points.length - 1));
        trace(ctx, points, at(part), at(part + 1) + 1);
        ctx.strokeStyle = palette.ramp(body.tone, strength * Math.sin((Math.PI * (part + 0.5)) / PARTS));
        ctx.stroke();
      }
    }
  }

  function trace(ctx, points, from, to) {
    ctx.beginPath();
    for (let i = from; i < to; i++) {
      camera.project(points[i], seen);
      ctx.lineTo(seen.x, seen.y);
    }
  }

  function paintHead(ctx, { body, from, points, step, tail }, dt) {
    const at = Math.floor((clock.day - from) / step);
    const reach = Math.round(tail / step);
    for (let part = 0; part < 4; part++) {
      trace(ctx, points, Math.max(0, at - Math.round((reach * (4 - part)) / 4)), at + 1);
      ctx.strokeStyle = palette.ramp(body.tone, 0.18 + 0.1 * part);
      ctx.lineWidth = 1 + 0.2 * part;
      ctx.stroke();
    }
    ctx.beginPath();
    ctx.moveTo(seen.x, seen.y);
    set(light, -body.place.x, -body.place.y, -body.place.z);
    camera.turn(light, light);
    camera.project(fromEarth(body, clock.day, seen), seen);
    ctx.lineTo(seen.x, seen.y);
    ctx.stroke();
    const r = 2.6 + body.size * 0.28;
    drawSphere(ctx, seen.x, seen.y, r, light, body, palette);
    labels.draw(ctx, body.name, seen.x, seen.y, r, palette.ink, 1, stage.still ? 0 : dt);
  }

  function paintSun(ctx) {
    camera.project(fromEarth(null, clock.day, seen), seen);
    labels.avoid(seen.x, seen.y, 8);
    drawGlow(ctx, seen.x, seen.y, 46, palette);
    ctx.fillStyle = palette.sun();
    ctx.beginPath();
    ctx.arc(seen.x, seen.y, 6, 0, TAU);
    ctx.fill();
  }

  function paintEarth(ctx) {
    camera.project(set(seen, 0, 0, 0), seen);
    set(light, -earth.place.x, -earth.place.y, 0);
    camera.turn(light, light);
    drawSphere(ctx, seen.x, seen.y, 6, light, earth, palette);
  }
}
