const TAP_TIME = 320;
const TAP_WAY = 8;

/** Gestures of fingers and mice on an element: `drag(dx, dy)`, `pinch(factor)`, `tap(x, y)`. */
export function listenToPointers(element, { drag, pinch, tap }) {
  const down = new Map();
  let moved = 0;
  let since = 0;

  element.addEventListener('pointerdown', (event) => {
    element.setPointerCapture(event.pointerId);
    if (down.size === 0) {
      moved = 0;
      since = event.timeStamp;
    } else moved = Infinity; // a second finger: no tap any more
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });

  element.addEventListener('pointermove', (event) => {
    const last = down.get(event.pointerId);
    if (!last) return;
    const dx = event.clientX - last.x;
    const dy = event.clientY - last.y;
    const before = spread();
    last.x = event.clientX;
    last.y = event.clientY;
    moved += Math.hypot(dx, dy);
    if (down.size === 1 && moved > TAP_WAY) drag(dx, dy);
    if (down.size === 2 && before > 0) pinch(spread() / before);
  });

  element.addEventListener('pointerup', (event) => {
    const tapped = down.size === 1 && moved <= TAP_WAY && event.timeStamp - since < TAP_TIME;
    down.delete(event.pointerId);
    if (tapped) tap(event.clientX, event.clientY);
  });

  element.addEventListener('pointercancel', (event) => down.delete(event.pointerId));

  element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
      pinch(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0016)));
    },
    { passive: false },
  );

  /** How far the first two fingers are apart. */
  function spread() {
    const [a, b] = [...down.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  }
}
