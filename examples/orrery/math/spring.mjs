/**
 * A critically damped spring, solved exactly: it is the same curve at any frame rate and never
 * overshoots. `halfLife` is the time in seconds in which about half of the way is done.
 */
export function spring(value, halfLife = 0.12) {
  const omega = 1.678 / halfLife;
  return {
    value,
    target: value,
    velocity: 0,

    step(dt) {
      const away = this.value - this.target;
      const slope = this.velocity + omega * away;
      const decay = Math.exp(-omega * dt);
      this.value = this.target + (away + slope * dt) * decay;
      this.velocity = (this.velocity - omega * slope * dt) * decay;
      return this.value;
    },

    /** Jumps to the target. */
    jump(to = this.target) {
      this.value = this.target = to;
      this.velocity = 0;
    },

    get moving() {
      return Math.abs(this.value - this.target) > 1e-4 || Math.abs(this.velocity) > 1e-3;
    },
  };
}
