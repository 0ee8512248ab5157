import { clamp, radians } from 'math/scalar.mjs';
import { spring } from 'math/spring.mjs';
import { copy, set, vector } from 'math/vector.mjs';

const ORIGIN = vector();

/**
 * An eye at an infinite distance: it has a direction but no perspective, as an engraver's has.
 * `tilt` 0 looks straight down on the plane of the planets, a right angle looks along it.
 * What it projects to has x and y in CSS pixels, and in z how near to the eye it is.
 */
export function createCamera(view) {
  const yaw = spring(0, 0.16);
  const tilt = spring(1, 0.16);
  const zoom = spring(1, 0.14);
  const hold = spring(1, 0.35);
  const from = vector();
  const eye = vector();
  let watched = ORIGIN;
  let cosYaw = 1;
  let sinYaw = 0;
  let cosTilt = 1;
  let sinTilt = 0;

  const camera = {
    yaw,
    tilt,
    zoom,
    /** Pixels a unit at zoom 1. The piece sets it to fit the window. */
    scale: 100,
    /** Where on the screen the watched point is, as parts of the window. */
    anchor: { x: 0.5, y: 0.5 },
    tilts: [0, radians(84)],
    zooms: [0.6, 12],

    /** Starts a piece at once with a view of its own. */
    reset({ yaw: y = 0, tilt: t = 0.9, zoom: z = 1, zooms = [0.6, 12] } = {}) {
      yaw.jump(y);
      tilt.jump(t);
      zoom.jump(z);
      this.zooms = zooms;
      watched = ORIGIN;
      hold.jump(1);
      this.step(0);
    },

    drag(dx, dy) {
      yaw.target += dx * 0.006;
      tilt.target = clamp(tilt.target - dy * 0.005, ...this.tilts);
    },

    pinch(factor) {
      zoom.target = clamp(zoom.target * factor, ...this.zooms);
    },

    /** Keeps a moving point at the anchor, or the origin again. */
    watch(point = ORIGIN) {
      copy(from, eye);
      watched = point;
      hold.jump(0);
      hold.target = 1;
    },

    step(dt) {
      for (const s of [yaw, tilt, zoom, hold]) s.step(dt);
      cosYaw = Math.cos(yaw.value);
      sinYaw = Math.sin(yaw.value);
      cosTilt = Math.cos(tilt.value);
      sinTilt = Math.sin(tilt.value);
      const k = hold.value;
      set(
        eye,
        from.x + (watched.x - from.x) * k,
        from.y + (watched.y - from.y) * k,
        from.z + (watched.z - from.z) * k,
      );
    },

    /** Jumps to the target, for reduced motion. */
    settle() {
      for (const s of [yaw, tilt, zoom, hold]) s.jump();
      this.step(0);
    },

    /** Names this view: a picture that was drawn with the same key and size is still right. */
    get key() {
      return [yaw, tilt, zoom, hold].map((s) => s.value.toFixed(4)).join(' ') + this.scale.toFixed(1);
    },

    get moving() {
      return yaw.moving || tilt.moving || zoom.moving || hold.moving;
    },

    /** A direction as seen: x to the right, y down, z towards the eye, as long as it was. */
    turn(v, out) {
      const x = v.x * cosYaw - v.y * sinYaw;
      const y = v.x * sinYaw + v.y * cosYaw;
      return set(out, x, -(y * cosTilt + v.z * sinTilt), v.z * cosTilt - y * sinTilt);
    },

    /** A place as seen on the screen. */
    project(v, out) {
      const k = this.scale * zoom.value;
      set(out, v.x - eye.x, v.y - eye.y, v.z - eye.z);
      this.turn(out, out);
      return set(
        out,
        view.width * this.anchor.x + out.x * k,
        view.height * this.anchor.y + out.y * k,
        out.z * k,
      );
    },
  };
  return camera;
}
