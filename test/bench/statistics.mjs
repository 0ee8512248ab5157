/**
 * @typedef {object} Spread
 * @property {number} median
 * @property {number} min
 * @property {number} max
 */

/** @param {readonly number[]} values at least one */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = /** @type {number} */ (sorted[middle]);
  return sorted.length % 2 === 1 ? upper : (/** @type {number} */ (sorted[middle - 1]) + upper) / 2;
}

/**
 * @param {readonly number[]} values at least one
 * @returns {Spread}
 */
export function spread(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * The median of the ratios per round, not the ratio of two medians. Both values of a round are measured right
 * after each other, so a temporary slowdown of the machine affects both.
 *
 * @param {readonly number[]} ours one value per round
 * @param {readonly number[]} theirs one value per round, in the same order
 */
export function medianRatio(ours, theirs) {
  return median(ours.map((value, round) => value / /** @type {number} */ (theirs[round])));
}
