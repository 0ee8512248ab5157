/** A longer gap than this is a sleeping tab, not a slow frame. */
const LONGEST_STEP = 0.05;

/**
 * Calls `frame(seconds)` as long as it answers true. When it answers false nothing runs, until
 * somebody calls `wake`: a still picture costs no electricity. A frame that throws is the last. `skip` frames are left out after
 * each that is drawn.
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
