/**
 * Gecko takes one import map, before any module, and runs an inserted inline module without waiting for the
 * module scripts before it.
 */
export const isGecko = (): boolean => CSS.supports('-moz-appearance', 'none');
