import { signal } from './signal.mjs';

/**
 * The size of the window in CSS pixels, and how many canvas pixels each of them gets. Pieces draw
 * in CSS pixels. `limit` is the most that `density` may be: pace.mjs turns it down.
 */
export function createViewport(canvases) {
  const view = {
    width: 0,
    height: 0,
    density: 1,
    limit: 2,
    changed: signal(),
    get centre() {
      return { x: this.width / 2, y: this.height / 2 };
    },
    get short() {
      return Math.min(this.width, this.height);
    },
    get portrait() {
      return this.height > this.width;
    },
    fit,
  };
  fit();
  addEventListener('resize', fit);
  return view;

  function fit() {
    view.width = innerWidth;
    view.height = innerHeight;
    view.density = Math.min(devicePixelRatio || 1, view.limit);
    for (const canvas of canvases) {
      canvas.width = Math.round(view.width * view.density);
      canvas.height = Math.round(view.height * view.density);
    }
    view.changed.emit(view);
  }
}
