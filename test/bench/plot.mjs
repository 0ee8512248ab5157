/**
 * @param {import('./boot-result.mjs').BootResult[]} results
 * @param {number} rounds
 * @returns {string}
 */
export const plot = (results, rounds) => `${results.length} ${rounds}`;
