import { spring } from 'math/spring.mjs';
import { italic } from '../type/faces.mjs';

const SIZE = 15;
const HIGH = SIZE * 0.62;

/**
 * Names that do not overlap: each is to the right of its point, to the left if there is no room,
 * and fades if neither side has room.
 */
export function createLabels(view) {
  const known = new Map();
  let taken = [];
  return {
    /** Before the first name of a frame. */
    begin(ctx) {
      taken = [];
      ctx.font = italic(SIZE);
      ctx.textAlign = 'left';
      ctx.textBaseline = 'middle';
    },

    /** Keeps names away from a disc. */
    avoid: (x, y, r) => taken.push([x - r, y - r, x + r, y + r]),

    /** `gap` is the radius of what is named. With dt 0 it is there, or not, at once. */
    draw(ctx, text, x, y, gap, colour, strength, dt) {
      const label = known.get(text) ?? add(ctx, text);
      const side = [label.side, -label.side].find((s) => free(boxAt(label, s, x, y, gap)));
      if (side && side !== label.side) {
        label.side = side;
        label.opacity.jump(0);
      }
      if (side) taken.push(boxAt(label, side, x, y, gap));
      label.opacity.target = side ? 1 : 0;
      if (dt === 0) label.opacity.jump();
      const opacity = label.opacity.step(dt) * strength;
      if (opacity > 0.01) write(ctx, label, x, y, gap, colour, opacity);
    },
  };

  function add(ctx, text) {
    const label = { text, width: ctx.measureText(text).width, side: 1, opacity: spring(0, 0.2) };
    known.set(text, label);
    return label;
  }

  function boxAt({ width }, side, x, y, gap) {
    const near = x + side * (gap * 0.75 + 7);
    const base = y - gap * 0.75 - 7;
    return [
      Math.min(near, near + side * width) - 3,
      base - HIGH,
      Math.max(near, near + side * width) + 3,
      base + HIGH,
    ];
  }

  function free(box) {
    if (box[0] < 4 || box[2] > view.width - 4) return false;
    return taken.every((b) => box[2] < b[0] || box[0] > b[2] || box[3] < b[1] || box[1] > b[3]);
  }

  function write(ctx, label, x, y, gap, colour, opacity) {
    const [left, top, right] = boxAt(label, label.side, x, y, gap);
    ctx.strokeStyle = colour(0.35 * opacity);
    ctx.lineWidth = 0.7;
    ctx.beginPath();
    ctx.moveTo(x + label.side * gap * 0.72, y - gap * 0.72);
    ctx.lineTo(label.side > 0 ? left + 1 : right - 1, top + HIGH + 2);
    ctx.stroke();
    ctx.fillStyle = colour(0.86 * opacity);
    ctx.fillText(label.text, left + 3, top + HIGH);
  }
}
