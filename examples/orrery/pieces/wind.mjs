import { createLayer, drawGlow, palette } from 'orrery';
import { curl } from 'math/noise.mjs';
import { seeded } from 'math/random.mjs';
import { clamp, mix, radians, smoothstep, TAU } from 'math/scalar.mjs';
import { vector } from 'math/vector.mjs';
import { drawGlobe } from '../draw/globe.mjs';

export const title = 'Wind';
export const note = 'What the Sun throws at the Earth, and the field that turns it aside';
export const pace = 0.004;
export const view = () => ({ tilt: 0, zooms: [1, 1] });

/** CSS pixels of the window to a mote. */
const ROOM = 1250;
const SHADES = 6;
/** Distance at which the field stops the wind, in radii of the Earth. */
const SHIELD = 2.9;
const LOOPS = [1.45, 1.9, 2.5, 3.2, 4.1, 5.3];
const EARTH = {
  flat: 1,
  tilt: radians(72),
  light: { x: -0.92, y: -0.36, z: 0.16 },
  tone: (latitude) => 0.2 + 0.16 * Math.abs(latitude),
};
/** Latitudes at which there is an aurora, and how bright. */
const AURORA = [
  [61, 0.25],
  [65, 0.8],
  [69, 0.5],
  [73, 0.2],
];
/** The magnetic axis leans away from the planet's. */
const LEAN = radians(11);

const inside = (x, y) => x * x + y * y < SHIELD * SHIELD;

export function open(stage) {
  const { clock, view: screen } = stage;
  const random = seeded(1859); // Carrington's storm
  const field = createLayer(screen, drawField);
  const silk = createLayer(screen, refill);
  const eddy = vector();
  const flow = vector();
  let motes = [];
  let turn = 0;

  return {
    frame(ctx, dt) {
      const key = palette.name;
      silk.refresh(key);
      if (clock.running) blow(dt * Math.min(3, Math.abs(clock.rate)));
      silk.paint(ctx, key);
      field.paint(ctx, key);
      return false;
    },
  };

  function place() {
    return {
      x: screen.width * (screen.portrait ? 0.5 : 0.46),
      y: screen.height * (screen.portrait ? 0.42 : 0.48),
      r: screen.short * (screen.portrait ? 0.07 : 0.06),
    };
  }

  /** A mote enters with the wind, or anywhere at the start. */
  function enter(mote, anywhere) {
    const { x, y, r } = place();
    do {
      mote.x = anywhere ? mix(-x / r, (screen.width - x) / r, random()) : -x / r - random() * 3;
      mote.y = mix(-y / r, (screen.height - y) / r, random());
    } while (inside(mote.x, mote.y));
    mote.life = mix(4, 11, random());
  }

  /**
   * The stream round a cylinder, which is the simplest shield there is, and behind it the eddies
   * of a curl: in radii of the Earth a second, the wind coming from the left.
   */
  function windAt(x, y, seconds) {
    const d2 = Math.max(x * x + y * y, 0.01);
    const k = (SHIELD * SHIELD) / d2;
    const c = (x * x - y * y) / d2;
    const s = (2 * x * y) / d2;
    const behind = smoothstep(-2, 9, x) * smoothstep(9, 1, Math.abs(y));
    curl(x * 0.16 - seconds * 0.12, y * 0.2, seconds * 0.1, eddy);
    flow.x = 3.4 * (1 - k * c) + eddy.x * (0.25 + 2.2 * behind);
    flow.y = 3.4 * (-k * s) + eddy.y * (0.25 + 2.2 * behind);
    return flow;
  }

  /** One step of all motes. The silk fades now and then by a lot: eight bits cannot fade by a little. */
  function blow(dt) {
    const { ctx } = silk;
    const { x, y, r } = place();
    if (++turn % 4 === 0) {
      ctx.globalCompositeOperation = 'destination-out';
      ctx.fillStyle = 'rgb(0 0 0 / 0.1)';
      ctx.fillRect(0, 0, screen.width, screen.height);
      ctx.globalCompositeOperation = 'source-over';
    }
    const paths = Array.from({ length: SHADES }, () => new Path2D());
    for (const mote of motes) {
      const { x: vx, y: vy } = windAt(mote.x, mote.y, stage.seconds);
      const nx = mote.x + vx * dt;
      const ny = mote.y + vy * dt;
      mote.life -= dt;
      const speed = Math.hypot(vx, vy);
      const shade = Math.floor(clamp(speed / 7.2) * (SHADES - 0.01));
      if (inside(nx, ny)) mote.life = -1;
      else {
        paths[shade].moveTo(x + mote.x * r, y + mote.y * r);
        paths[shade].lineTo(x + nx * r, y + ny * r);
      }
      mote.x = nx;
      mote.y = ny;
      if (mote.life < 0 || x + nx * r > screen.width + 20) enter(mote, random() < 0.7);
    }
    paths.forEach((path, i) => {
      const t = i / (SHADES - 1);
      ctx.strokeStyle = palette.ramp(mix(0.05, 0.98, t), mix(0.34, 0.85, t));
      ctx.lineWidth = mix(0.7, 1.15, t);
      ctx.stroke(path);
    });
  }

  /** Fills the silk again at once after a resize. */
  function refill() {
    motes = Array.from({ length: (screen.width * screen.height) / ROOM }, () => ({}));
    for (const mote of motes) enter(mote, true);
    for (let i = 0; i < (stage.still ? 260 : 90); i++) blow(1 / 45);
  }

  /** The magnetic field: a dipole's lines, pressed flat towards the Sun and drawn out behind. */
  function drawField(ctx) {
    const { x, y, r } = place();
    drawGlow(ctx, x, y, r * SHIELD * 1.6, palette, 0.16);
    ctx.translate(x, y);
    ctx.rotate(LEAN);
    ctx.translate(-x, -y);
    ctx.lineWidth = 0.8;
    for (const reach of LOOPS) {
      for (const side of [-1, 1]) {
        ctx.beginPath();
        for (let i = 0; i <= 90; i++) {
          const latitude = mix(-1.5, 1.5, i / 90);
          const d = reach * Math.cos(latitude) ** 2;
          if (d < 1) continue;
          const out = d * Math.cos(latitude);
          const squeezed = side < 0 ? out * mix(1, 0.56, clamp(out / 5.3)) : out * (1 + 0.1 * out);
          ctx.lineTo(x + side * squeezed * r, y - d * Math.sin(latitude) * r * mix(1, 0.82, clamp(d / 5)));
        }
        ctx.strokeStyle = palette.line(0.5 - 0.055 * reach);
        ctx.stroke();
      }
    }
    drawGlobe(ctx, { x, y, r, ...EARTH }, screen.density * 1.25, palette);
    drawAurora(ctx, x, y, r);
  }

  /** Where the field's lines come down, the wind gets in: broken rings of light round the pole. */
  function drawAurora(ctx, x, y, r) {
    ctx.save();
    ctx.lineWidth = 1;
    for (const [degrees, strength] of AURORA) {
      const wide = Math.cos(radians(degrees)) * r;
      const up = Math.sin(radians(degrees)) * Math.sin(EARTH.tilt) * r;
      ctx.setLineDash([wide * 0.9, 2, wide * 0.3, 3, wide * 0.12, 2]);
      ctx.strokeStyle = palette.accent(strength);
      ctx.beginPath();
      ctx.ellipse(x, y - up, wide, wide * Math.cos(EARTH.tilt), 0, degrees, degrees + TAU);
      ctx.stroke();
    }
    ctx.restore();
  }
}
