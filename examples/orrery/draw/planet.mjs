import { radians, TAU } from 'math/scalar.mjs';
import { set, vector } from 'math/vector.mjs';
import { crowd } from '../scene/node.mjs';
import { drawSphere } from './sphere.mjs';

const light = vector();
const pole = vector();

/**
 * The scene's node for a planet: the ball, its rings, and its moons before and behind it.
 * `look()` says with what to draw, at this moment: { camera, palette, size }, where size turns a
 * body's own size into pixels. Where it ended up stays in `node.seen` and `node.radius`.
 */
export function planetNode(body, look) {
  const ball = { depth: () => 0, paint: paintBall };
  const node = {
    body,
    seen: vector(),
    radius: 0,
    depth: () => look().camera.project(body.position, node.seen).z,
    paint: paintOrbits,
    children: null,
  };
  node.children = [crowd(ball, ...body.satellites.map((moon) => moonNode(moon, node, look)))];
  return node;

  function paintBall(ctx) {
    const { camera, palette } = look();
    const { x, y } = node.seen;
    const r = node.radius;
    sunlight(body, camera);
    if (!body.rings) return drawSphere(ctx, x, y, r, light, body, palette);
    axis(body.pole, camera);
    const colour = (alpha) => palette.ramp(body.tone, alpha);
    drawAnnulus(ctx, x, y, r, body.rings, pole, false, colour);
    drawSphere(ctx, x, y, r, light, body, palette, Math.atan2(pole.y, pole.x) + Math.PI / 2);
    drawAnnulus(ctx, x, y, r, body.rings, pole, true, colour);
  }

  /** The moons' orbits as hairlines, where they lie about flat. */
  function paintOrbits(ctx) {
    const { camera, palette, size } = look();
    node.radius = body.size * size;
    if (node.radius < 3) return;
    ctx.strokeStyle = palette.line(0.16);
    ctx.lineWidth = 0.6;
    for (const { orbit, tilt } of body.satellites) {
      if (tilt > 10) continue;
      const r = orbit * node.radius;
      ctx.beginPath();
      ctx.ellipse(node.seen.x, node.seen.y, r, r * Math.cos(camera.tilt.value), 0, 0, TAU);
      ctx.stroke();
    }
  }
}

function moonNode(moon, planet, look) {
  const away = vector();
  return {
    depth: () => look().camera.turn(moon.position, away).z,
    paint(ctx) {
      const { camera, palette, size } = look();
      sunlight(moon, camera);
      const x = planet.seen.x + away.x * planet.radius;
      const y = planet.seen.y + away.y * planet.radius;
      drawSphere(ctx, x, y, moon.size * size, light, moon, palette);
    },
  };
}

/** The direction from a body to the Sun, as the camera sees it. */
function sunlight({ place }, camera) {
  camera.turn(set(light, -place.x, -place.y, -place.z), light);
}

/** Saturn's axis leans by `degrees` towards ecliptic longitude 79.5. */
function axis(degrees, camera) {
  const lean = Math.sin(radians(degrees));
  const longitude = radians(79.5);
  set(pole, lean * Math.cos(longitude), lean * Math.sin(longitude), Math.cos(radians(degrees)));
  camera.turn(pole, pole);
}

/**
 * A planet's flat rings from a distance, half at a time: the far half is drawn before the planet,
 * the near half after it. `pole` is the direction of the rings' axis as the camera sees it.
 */
function drawAnnulus(ctx, x, y, r, [from, to], pole, near, colour) {
  const lie = Math.hypot(pole.x, pole.y);
  if (lie === 0) return;
  const flat = Math.max(0.02, Math.abs(pole.z));
  const up = Math.atan2(pole.y, pole.x) + Math.PI / 2;
  const facing = pole.z >= 0 === near;
  const [start, end] = facing ? [0, Math.PI] : [Math.PI, 2 * Math.PI];
  const lines = Math.max(3, Math.round((to - from) * r * 0.42));
  ctx.lineWidth = Math.max(0.7, ((to - from) * r) / lines / 1.7);
  for (let i = 0; i < lines; i++) {
    const k = i / (lines - 1);
    const radius = r * (from + (to - from) * k);
    ctx.strokeStyle = colour(Math.abs(k - 0.66) < 0.09 ? 0.12 : 0.75 - 0.3 * k);
    ctx.beginPath();
    ctx.ellipse(x, y, radius, radius * flat, up, start, end);
    ctx.stroke();
  }
}
