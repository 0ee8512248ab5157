/**
 * A picture that is drawn once and shown often: as large as the window, drawn again when the
 * window, the palette or the given key changes.
 */
export function createLayer(view, draw) {
  const canvas = document.createElement('canvas');
  const ctx = canvas.getContext('2d');
  let drawn = null;
  return {
    ctx,

    paint(onto, key = '') {
      this.refresh(key);
      onto.drawImage(canvas, 0, 0, view.width, view.height);
    },

    /** True when it had to be drawn again. */
    refresh(key = '') {
      const wanted = `${view.width}x${view.height}@${view.density} ${key}`;
      if (wanted === drawn) return false;
      drawn = wanted;
      canvas.width = Math.round(view.width * view.density);
      canvas.height = Math.round(view.height * view.density);
      ctx.setTransform(view.density, 0, 0, view.density, 0, 0);
      draw(ctx);
      return true;
    },

    clear() {
      ctx.clearRect(0, 0, view.width, view.height);
    },
  };
}
