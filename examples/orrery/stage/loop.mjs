/** A longer gap than this is a sleeping tab, not a slow frame. */
const LONGEST_STEP = 0.05;

/**
 * Calls `frame(seconds)` as long as it returns true. After false nothing runs until `wake` is
 * called, so a still picture uses no power. A frame that throws ends the loop. `skip` frames are
 * left out after each one that is drawn.
 */
export function createLoop(frame) {
  let asked = 0;
  let last = 0;
  let left = 0;
  const loop = { skip: 0, interval: 0, wake };
  return loop;

  function wake() {
    if (asked) return;
    last = 0;
    ask();
  }

  function ask() {
    asked ||= requestAnimationFrame(tick);
  }

  function tick(now) {
    asked = 0;
    if (left > 0) {
      left -= 1;
      return ask();
    }
    left = loop.skip;
    loop.interval = last ? (now - last) / 1000 : 0;
    last = now;
    if (frame(Math.min(loop.interval, LONGEST_STEP))) ask();
  }
}
