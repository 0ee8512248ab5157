import { julianDay } from '../sky/calendar.mjs';
import { signal } from './signal.mjs';

const RATES = [-4, -1, -0.25, 0.25, 1, 4, 16];
const USUAL = 4;

/** The pieces' time: a Julian day that goes on at `pace` days a second, times the visitor's rate. */
export function createClock() {
  let step = USUAL;
  const changed = signal();
  return {
    day: julianDay(),
    pace: 1,
    running: true,
    changed,

    /** Days gone by in dt seconds, which are added to `day`. */
    advance(dt) {
      if (!this.running) return 0;
      const days = dt * this.pace * RATES[step];
      this.day += days;
      return days;
    },

    get rate() {
      return RATES[step];
    },

    faster: () => shift(1),
    slower: () => shift(-1),

    toggle(running = !this.running) {
      this.running = running;
      changed.emit();
    },

    /** Today, at the usual rate. */
    today() {
      this.day = julianDay();
      step = USUAL;
      changed.emit();
    },
  };

  function shift(by) {
    step = Math.min(RATES.length - 1, Math.max(0, step + by));
    changed.emit();
  }
}
