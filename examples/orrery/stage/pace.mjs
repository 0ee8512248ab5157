const WINDOW = 90;
const SLOW = 1 / 40;

/**
 * Watches how long frames take, and gives way when the machine cannot keep up: fewer canvas
 * pixels first, every other frame at last. It never turns back up, so it cannot flicker.
 */
export function createPace(view, loop) {
  const steps = [
    () => view.density > 1.5 && lower(1.5),
    () => view.density > 1 && lower(1),
    () => (loop.skip = 1),
  ];
  let frames = -WINDOW; // the first window is the page's start, which is always slow
  let seconds = 0;
  return function watch() {
    frames += 1;
    if (frames > 0) seconds += loop.interval;
    if (frames < WINDOW) return;
    const slow = seconds / frames > SLOW;
    frames = seconds = 0;
    while (slow && steps.length > 0 && !steps.shift()());
  };

  function lower(limit) {
    view.limit = limit;
    view.fit();
    return true;
  }
}
