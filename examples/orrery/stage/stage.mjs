import { drawBackdrop } from '../draw/backdrop.mjs';
import { palette, paletteChanged } from '../colour/palette.mjs';
import { createCamera } from '../scene/camera.mjs';
import { createClock } from './clock.mjs';
import { dissolve } from './dissolve.mjs';
import { createLoop } from './loop.mjs';
import { motionChanged, still } from './motion.mjs';
import { createPace } from './pace.mjs';
import { signal } from './signal.mjs';
import { createViewport } from './viewport.mjs';

/**
 * Where a piece performs. `show` takes a piece, which is a module with
 *   title, note           for the caption
 *   pace                  days that go by in a second
 *   view                  how the camera starts, see camera.reset
 *   open(stage, options)  returns { frame(ctx, dt), tap?(x, y), close?() }
 * `frame` draws the whole picture, in CSS pixels, and returns true if it must continue although
 * the clock is stopped. `options.isUpdate`: the piece was saved; do not play the intro again.
 */
export function createStage({ canvas, backdrop }) {
  const ctx = canvas.getContext('2d');
  const view = createViewport([backdrop, canvas]);
  const clock = createClock();
  const camera = createCamera(view);
  const loop = createLoop(frame);
  const watchPace = createPace(view, loop);
  let piece = null;
  let scene = null;
  let portrait = view.portrait;

  const stage = {
    canvas,
    backdrop,
    view,
    clock,
    camera,
    /** Seconds for what flickers: they stop with the clock. */
    seconds: 0,
    shown: signal(),
    captioned: signal(),
    framed: signal(),
    show,
    replace,
    veil,
    wake: loop.wake,
    tap: (x, y) => scene?.tap?.(x, y),
    caption: (title, note) => stage.captioned.emit({ title, note }),
    get still() {
      return still;
    },
    get piece() {
      return piece;
    },
  };

  clock.running = !still;
  motionChanged.on(() => clock.toggle(!still));
  clock.changed.on(loop.wake);
  view.changed.on(() => {
    if (view.portrait !== portrait) aim();
    paintBackdrop();
    loop.wake();
  });
  paletteChanged.on(() => {
    veil();
    paintBackdrop();
    loop.wake();
  });
  paintBackdrop();
  return stage;

  function show(module) {
    if (piece) veil();
    scene?.close?.();
    piece = module;
    clock.pace = module.pace;
    camera.reset(module.view(view));
    aim();
    stage.caption(module.title, module.note);
    scene = module.open(stage);
    stage.shown.emit(module);
    loop.wake();
  }

  /** Replaces the shown piece with its new version. Clock and camera stay as they are. */
  function replace(module) {
    scene?.close?.();
    piece = module;
    scene = module.open(stage, { isUpdate: true });
    loop.wake();
  }

  /** The piece's own view for this shape of window: also when a phone is turned. */
  function aim() {
    portrait = view.portrait;
    camera.anchor = { x: 0.5, y: portrait ? 0.45 : 0.5 };
    if (piece) camera.tilt.target = piece.view(view).tilt;
  }

  /** Fades from the current picture to the next one. */
  function veil() {
    if (!still) dissolve([backdrop, canvas]);
  }

  function paintBackdrop() {
    const paint = backdrop.getContext('2d');
    paint.setTransform(view.density, 0, 0, view.density, 0, 0);
    drawBackdrop(paint, view, palette);
  }

  function frame(dt) {
    if (clock.running) stage.seconds += dt;
    clock.advance(dt);
    if (still) camera.settle();
    else camera.step(dt);
    ctx.setTransform(view.density, 0, 0, view.density, 0, 0);
    ctx.clearRect(0, 0, view.width, view.height);
    const busy = scene?.frame(ctx, dt) ?? false;
    stage.framed.emit(dt);
    watchPace();
    return busy || clock.running || camera.moving;
  }
}
