import { signal } from './signal.mjs';

const query = matchMedia('(prefers-reduced-motion: reduce)');

/** Whether the visitor would rather have things stand still. A live binding. */
export let still = query.matches;

export const motionChanged = signal();

query.addEventListener('change', () => {
  still = query.matches;
  motionChanged.emit(still);
});
