/** @returns {string} */
export const plot = () => '';
