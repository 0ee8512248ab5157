import { createLabels, createLayer, drawGlow, palette } from 'orrery';
import { noise } from 'math/noise.mjs';
import { gaussian, seeded } from 'math/random.mjs';
import { clamp, mix, radians, TAU, wrap } from 'math/scalar.mjs';
import { vector, set } from 'math/vector.mjs';
import { drawGlobe } from '../draw/globe.mjs';
import { INNER, moons, opacityAt, OUTER, periodAt } from '../sky/saturn.mjs';

export const title = 'Rings';
export const note = 'Saturn, cut in lines. Each grain keeps Kepler’s law; the shadows are true';
export const pace = 0.022;
export const view = ({ portrait }) => ({ tilt: radians(portrait ? 64 : 69), zooms: [0.5, 4] });

/** A tenth flatter than it is wide, zones and belts alike on both sides but for some unrest. */
const SATURN = {
  flat: 0.902,
  tone: (latitude) =>
    0.62 +
    0.07 * (1 + Math.sin(Math.abs(latitude) * 15 + 1.2)) +
    0.1 * noise(latitude * 7, 11) -
    0.08 * Math.abs(latitude),
};
const GRAINS = 1500;
const LEAN = radians(-13);
const SUN_HEIGHT = radians(21);
const SUN_SIDE = radians(208);

export function open(stage) {
  const { camera, clock, view: screen } = stage;
  const labels = createLabels(screen);
  const light = vector();
  const seen = vector();
  const plate = createLayer(screen, drawPlate);
  const random = seeded(1655); // Huygens sees a ring
  const grains = scatter(random);

  return {
    frame(ctx, dt) {
      const { x, y } = frameUp();
      plate.paint(ctx, `${palette.name} ${camera.key}`);
      ctx.save();
      lean(ctx, x, y);
      paintGrains(ctx, x, y);
      paintMoons(ctx, x, y, dt);
      ctx.restore();
      return false;
    },
  };

  /** Where Saturn is, how large, and from where the Sun shines. */
  function frameUp() {
    camera.scale = Math.min(screen.width * (screen.portrait ? 0.46 : 0.36), screen.height * 0.62) / OUTER;
    const side = SUN_SIDE + camera.yaw.value;
    set(
      light,
      Math.cos(side) * Math.cos(SUN_HEIGHT),
      Math.sin(side) * Math.cos(SUN_HEIGHT),
      Math.sin(SUN_HEIGHT),
    );
    return { x: screen.width * camera.anchor.x, y: screen.height * camera.anchor.y };
  }

  function lean(ctx, x, y) {
    ctx.translate(x, y);
    ctx.rotate(LEAN);
    ctx.translate(-x, -y);
  }

  function drawPlate(ctx) {
    const { x, y } = frameUp();
    const r = camera.scale * camera.zoom.value;
    lean(ctx, x, y);
    drawGlow(ctx, x + light.x * r * 0.6, y - light.z * r, r * 4.2, palette, 0.22);
    drawOrbits(ctx, x, y, r);
    half(ctx, x, y, -1, () => drawRings(ctx, x, y, r));
    drawGlobe(
      ctx,
      { x, y, r, tilt: camera.tilt.value, light, shade: throughRings, ...SATURN },
      screen.density,
      palette,
    );
    half(ctx, x, y, 1, () => drawRings(ctx, x, y, r));
  }

  /** Draws only what lies above (-1) or below (1) the middle: behind the planet, or before it. */
  function half(ctx, x, y, side, draw) {
    const far = screen.width + screen.height;
    ctx.save();
    ctx.beginPath();
    ctx.rect(x - far, side < 0 ? y - far : y, 2 * far, far);
    ctx.clip();
    draw();
    ctx.restore();
  }

  /** The ways of the moons outside the rings. */
  function drawOrbits(ctx, x, y, r) {
    ctx.strokeStyle = palette.line(0.2);
    ctx.lineWidth = 0.7;
    for (const { orbit } of moons) {
      if (orbit < OUTER * 1.1) continue;
      ctx.beginPath();
      ctx.ellipse(x, y, orbit * r, orbit * r * Math.cos(camera.tilt.value), 0, 0, TAU);
      ctx.stroke();
    }
  }

  /** Every ring is a line but for the part that lies in the planet's shadow. */
  function drawRings(ctx, x, y, r) {
    const flat = Math.cos(camera.tilt.value);
    const step = 0.9 / (r * screen.density);
    ctx.lineWidth = 1.25 / screen.density;
    for (let radius = INNER; radius < OUTER; radius += step) {
      const opacity = opacityAt(radius);
      if (opacity < 0.01) continue;
      const dark = shadowOf(radius);
      const middle = -Math.atan2(light.y, light.x) + Math.PI;
      ctx.strokeStyle = palette.ramp(mix(0.44, 0.74, opacity), 0.82 * opacity);
      ctx.beginPath();
      ctx.ellipse(x, y, radius * r, radius * r * flat, 0, middle + dark, middle + TAU - dark);
      ctx.stroke();
    }
  }

  /** Half the angle of a ring that is in shadow: where the way to the Sun goes through the globe. */
  function shadowOf(radius) {
    const cos = Math.sqrt(1 - 1 / (radius * radius)) / Math.cos(SUN_HEIGHT);
    return cos >= 1 ? 0 : Math.acos(cos);
  }

  /** The light that comes through the rings to a point of the globe. */
  function throughRings(x, y, z) {
    if (z >= 0) return 1;
    const way = -z / light.z;
    return 1 - 0.9 * opacityAt(Math.hypot(x + light.x * way, y + light.y * way));
  }

  function paintGrains(ctx, x, y) {
    const r = camera.scale * camera.zoom.value;
    const flat = Math.cos(camera.tilt.value);
    const middle = Math.atan2(light.y, light.x) + Math.PI;
    for (const shade of grains) {
      ctx.fillStyle = palette.ink(shade.alpha);
      ctx.beginPath();
      for (const grain of shade.list) {
        const angle = grain.angle + grain.motion * clock.day;
        const sin = Math.sin(angle);
        const away = Math.abs(wrap(angle - middle + Math.PI, TAU) - Math.PI);
        if (away < grain.dark) continue;
        const px = grain.radius * Math.cos(angle);
        const py = -grain.radius * sin * flat;
        if (sin > 0 && px * px + py * py < 0.99) continue;
        ctx.rect(x + px * r, y + py * r, grain.size, grain.size);
      }
      ctx.fill();
    }
  }

  /** Grains are as many as the rings are dense. Shades are painted one path each. */
  function scatter(chance) {
    const shades = [0.22, 0.5, 0.9].map((alpha) => ({ alpha, list: [] }));
    for (let n = 0; n < GRAINS;) {
      const radius = mix(INNER, OUTER, Math.sqrt(chance()));
      if (chance() > opacityAt(radius)) continue;
      const shade = Math.floor(chance() ** 2.4 * 3);
      shades[shade].list.push({
        radius,
        angle: chance() * TAU,
        motion: TAU / periodAt(radius),
        dark: shadowOf(radius),
        size: clamp(0.7 + 0.25 * gaussian(chance), 0.5, 1.5),
      });
      n++;
    }
    return shades;
  }

  function paintMoons(ctx, x, y, dt) {
    const r = camera.scale * camera.zoom.value;
    const flat = Math.cos(camera.tilt.value);
    labels.begin(ctx);
    for (const moon of moons) {
      const angle = (TAU * clock.day) / moon.period + moon.orbit * 40;
      set(seen, moon.orbit * Math.cos(angle), -moon.orbit * Math.sin(angle) * flat, 0);
      if (Math.sin(angle) > 0 && Math.hypot(seen.x, seen.y) < 1) continue;
      ctx.fillStyle = palette.ramp(moon.tone);
      ctx.beginPath();
      ctx.arc(x + seen.x * r, y + seen.y * r, moon.size, 0, TAU);
      ctx.fill();
      if (moon.orbit > OUTER * 0.98)
        labels.draw(
          ctx,
          moon.name,
          x + seen.x * r,
          y + seen.y * r,
          moon.size,
          palette.ink,
          0.8,
          stage.still ? 0 : dt,
        );
    }
  }
}
