import {
  advance,
  createLabels,
  createLayer,
  drawGlow,
  elementsAt,
  find,
  palette,
  planets,
  positionOf,
} from 'orrery';
import { smoothstep, TAU } from 'math/scalar.mjs';
import { copy, distance, vector } from 'math/vector.mjs';

export const title = 'Rosette';
export const note = 'Two planets, and a thread between them every few days';
export const pace = 60;
export const view = () => ({ tilt: 0 });

/** Pairs of planets that come back to nearly the same places after so many years. */
const DANCES = [
  { pair: ['Venus', 'Earth'], years: 8, note: 'Eight years: they meet five times, and draw a rose of five' },
  { pair: ['Mercury', 'Venus'], years: 5.542, note: 'Fourteen meetings in five and a half years' },
  { pair: ['Earth', 'Mars'], years: 14.947, note: 'Seven meetings in fifteen years, none like another' },
  { pair: ['Jupiter', 'Uranus'], years: 82.86, note: 'Six meetings in one turn of Uranus' },
  { pair: ['Mercury', 'Earth'], years: 6.98, note: 'Twenty-two meetings in seven years' },
  { pair: ['Jupiter', 'Saturn'], years: 59.58, note: 'Three great conjunctions in sixty years' },
];
const THREADS = 1500;
const SECONDS = 42;
const REST = 7;

export function open(stage) {
  const { camera, clock, view: screen } = stage;
  const worlds = planets();
  const labels = createLabels(screen);
  const threads = createLayer(screen, redraw);
  const a = vector();
  const b = vector();
  let dance = DANCES[0];
  let start = clock.day;
  let drawn = 0;
  let rested = 0;
  let inner = null;
  let outer = null;
  begin(0);

  return {
    frame(ctx, dt) {
      advance(worlds, clock.day);
      camera.scale =
        (screen.short * (screen.portrait ? 0.46 : 0.43)) / (outer.elements.a * (1 + outer.elements.e));
      if (!threads.refresh(`${palette.name} ${camera.key}`)) draw(drawn, wanted());
      threads.paint(ctx, `${palette.name} ${camera.key}`);
      if (drawn < THREADS) paintDancers(ctx, dt);
      else if (clock.running && !stage.still && (rested += dt) > REST) next();
      return false;
    },
    tap: next,
  };

  function next() {
    stage.veil();
    begin((DANCES.indexOf(dance) + 1) % DANCES.length);
  }

  function begin(which) {
    dance = DANCES[which];
    [inner, outer] = dance.pair.map((name) => find(worlds, name));
    start = clock.day;
    drawn = rested = 0;
    clock.pace = (dance.years * 365.25) / SECONDS;
    advance(worlds, clock.day);
    threads.clear();
    if (stage.still) draw(0, THREADS);
    stage.caption(dance.pair.join(' & '), dance.note);
  }

  /** How many threads there should be by now. They are drawn forwards, whichever way time runs. */
  function wanted() {
    if (stage.still) return THREADS;
    const part = Math.abs(clock.day - start) / (dance.years * 365.25);
    return Math.max(drawn, Math.min(THREADS, Math.floor(part * THREADS)));
  }

  function redraw() {
    draw(0, drawn);
  }

  function draw(from, to) {
    const { ctx } = threads;
    const days = (dance.years * 365.25) / THREADS;
    const least = outer.elements.a - inner.elements.a;
    ctx.globalCompositeOperation = 'lighter';
    ctx.lineWidth = 0.7;
    for (let i = from; i < to; i++) {
      positionOf(elementsAt(inner, start + i * days), a);
      positionOf(elementsAt(outer, start + i * days), b);
      const far = (distance(a, b) - least) / (2 * inner.elements.a);
      ctx.strokeStyle = palette.ramp(1 - 0.95 * far, 0.16 + 0.24 * smoothstep(0.4, 0, far));
      camera.project(a, a);
      camera.project(b, b);
      ctx.beginPath();
      ctx.moveTo(a.x, a.y);
      ctx.lineTo(b.x, b.y);
      ctx.stroke();
    }
    drawn = Math.max(drawn, to);
  }

  function paintDancers(ctx, dt) {
    camera.project(copy(a, inner.place), a);
    camera.project(copy(b, outer.place), b);
    ctx.strokeStyle = palette.ink(0.55);
    ctx.lineWidth = 0.8;
    ctx.beginPath();
    ctx.moveTo(a.x, a.y);
    ctx.lineTo(b.x, b.y);
    ctx.stroke();
    labels.begin(ctx);
    for (const [body, at] of [
      [inner, a],
      [outer, b],
    ]) {
      drawGlow(ctx, at.x, at.y, 26, palette, 0.8);
      ctx.fillStyle = palette.ramp(body.tone);
      ctx.beginPath();
      ctx.arc(at.x, at.y, 4, 0, TAU);
      ctx.fill();
      labels.draw(ctx, body.name, at.x, at.y, 4, palette.ink, 1, dt);
    }
  }
}
