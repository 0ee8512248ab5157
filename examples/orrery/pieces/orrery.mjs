import {
  advance,
  belt,
  comets,
  createLabels,
  crowd,
  distanceOf,
  group,
  paint,
  palette,
  planets,
  shorten,
  speedAt,
} from 'orrery';
import { inOutSine, outCubic } from 'math/ease.mjs';
import { clamp, radians } from 'math/scalar.mjs';
import { vector } from 'math/vector.mjs';
import { drawComet } from '../draw/comet.mjs';
import { drawDial, drawPointer } from '../draw/dial.mjs';
import { planetNode } from '../draw/planet.mjs';
import { drawRocks } from '../draw/rocks.mjs';
import { drawSun } from '../draw/sun.mjs';
import { drawTrail, trailOf } from '../draw/trail.mjs';

export const title = 'Orrery';
export const note = 'The planets where they are today, and where they go from there';
export const pace = 6;
export const view = ({ portrait }) => ({ yaw: -0.5, tilt: tiltFor(portrait) });

const NEPTUNE = shorten(30.07);
const RING = NEPTUNE * 1.12;
const LIGHT_MINUTES = 8.3168;
const INTRO = 2.8;
const DRIFT = 0.008;
const ORIGIN = vector();

/** A tall window shows more of the plane, a wide one more of its depth. */
function tiltFor(portrait) {
  return radians(portrait ? 30 : 61);
}

export function open(stage, { isUpdate = false } = {}) {
  const { camera, clock, view: screen } = stage;
  const worlds = planets();
  const visitors = comets();
  const rocks = belt(460);
  const labels = createLabels(screen);
  const sun = { body: { name: 'Sun', position: ORIGIN, size: 12 }, seen: vector(), radius: 0 };
  let age = stage.still || isUpdate ? INTRO : 0;
  let step = 0;
  let chosen = null;

  advance(worlds, clock.day);
  advance(visitors, clock.day);
  const trails = worlds.map(trailOf);
  const comings = visitors.map(trailOf);

  const look = { camera, palette, size: 1 };
  const nodes = worlds.map((body) => planetNode(body, () => look));
  const tails = visitors.map(cometNode);

  sun.depth = () => camera.project(ORIGIN, sun.seen).z;
  sun.paint = (ctx) =>
    drawSun(ctx, sun.seen.x, sun.seen.y, (sun.radius = sun.body.size * look.size), stage.seconds, palette);

  const scene = group(
    { paint: (ctx) => drawDial(ctx, screen, camera, RING, palette, grown(0.3, 1)) },
    { paint: (ctx) => worlds.forEach((body) => drawPointer(ctx, camera, RING, body, palette)) },
    { paint: (ctx) => drawRocks(ctx, rocks, clock.day, camera, palette, grown(0.4, 1)) },
    { paint: paintTrails },
    crowd(sun, ...nodes, ...tails),
    { paint: paintNames },
  );

  return {
    frame(ctx, dt) {
      step = dt;
      age = Math.min(INTRO, age + dt);
      advance(worlds, clock.day);
      advance(visitors, clock.day);
      if (clock.running && !chosen && !stage.still) camera.yaw.target += dt * DRIFT;
      fit();
      look.palette = palette;
      paint(scene, ctx);
      if (chosen) describe(chosen);
      return age < INTRO;
    },

    tap(x, y) {
      const reach = (node) => Math.hypot(node.seen.x - x, node.seen.y - y) - node.radius;
      const nearest = [sun, ...nodes, ...tails].reduce((a, b) => (reach(b) < reach(a) ? b : a));
      choose(reach(nearest) < 24 ? nearest.body : null);
    },
  };

  /** Part of the intro that has gone by, from one of its moments to another, eased. */
  function grown(from, to) {
    return outCubic(inOutSine(clamp((age / INTRO - from) / (to - from))));
  }

  function fit() {
    const wide = screen.width * (screen.portrait ? 0.6 : 0.465);
    const high = (screen.height * 0.43) / Math.cos(tiltFor(screen.portrait));
    camera.scale = Math.min(wide, high) / (RING * 1.09);
    look.size = clamp(screen.short / 800, 0.68, 1.25) * camera.zoom.value ** 0.8;
  }

  function choose(body) {
    chosen = body;
    camera.watch(body?.position);
    camera.zoom.target = body ? Math.max(3, camera.zoom.target) : 1;
    if (!body) stage.caption(title, note);
    stage.wake();
  }

  function emphasis(body) {
    return chosen && chosen !== body && chosen !== sun.body ? 0.4 : 1;
  }

  function describe(body) {
    if (body === sun.body)
      return stage.caption('Sun', '1,392,700 km across, and all the rest is its weather');
    const r = distanceOf(body);
    const speed = speedAt(r, body.elements.a);
    stage.caption(
      body.name,
      `${r.toFixed(3)} AU from the Sun, ${(r * LIGHT_MINUTES).toFixed(1)} minutes for its light; it goes at ${speed.toFixed(1)} km/s`,
    );
  }

  function cometNode(body) {
    const node = {
      body,
      seen: vector(),
      radius: body.size,
      depth: () => camera.project(body.position, node.seen).z,
      paint: (ctx) => drawComet(ctx, body, node.seen, camera, palette, grown(0.5, 1)),
    };
    return node;
  }

  /** The inner planets' first: the system grows from the Sun outwards. */
  function paintTrails(ctx) {
    for (const trail of comings) drawTrail(ctx, trail, camera, palette, grown(0.2, 1), 0.5);
    trails.forEach((trail, i) => {
      const part = grown(i * 0.06, 0.5 + i * 0.06);
      drawTrail(ctx, trail, camera, palette, part, emphasis(trail.body));
    });
  }

  function paintNames(ctx) {
    const strength = grown(0.6, 1);
    labels.begin(ctx);
    labels.avoid(sun.seen.x, sun.seen.y, sun.radius * 1.2);
    const named = [...nodes, ...tails].sort((a, b) => (b.body === chosen) - (a.body === chosen));
    for (const { body, seen, radius } of named) {
      labels.draw(
        ctx,
        body.name,
        seen.x,
        seen.y,
        radius,
        palette.ink,
        strength * emphasis(body),
        stage.still ? 0 : step,
      );
    }
  }
}
