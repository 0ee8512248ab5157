import { signal } from './signal.mjs';

const query = matchMedia('(prefers-reduced-motion: reduce)');

/** Whether the visitor prefers reduced motion. A live binding. */
export let still = query.matches;

export const motionChanged = signal();

query.addEventListener('change', () => {
  still = query.matches;
  motionChanged.emit(still);
});
