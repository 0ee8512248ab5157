/** Vectors in space, written into what the caller hands in: a frame allocates nothing. */

export const vector = (x = 0, y = 0, z = 0) => ({ x, y, z });

export function set(out, x, y, z) {
  out.x = x;
  out.y = y;
  out.z = z;
  return out;
}

export const copy = (out, v) => set(out, v.x, v.y, v.z);

export const length = (v) => Math.hypot(v.x, v.y, v.z);

export const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y, a.z - b.z);
