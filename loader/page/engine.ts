/**
 * Gecko takes one import map, before any module, and runs an inserted inline module without waiting for the
 * module scripts before it.
 */
export const isGecko = (): boolean => CSS.supports('-moz-appearance', 'none');

/**
 * WebKit names blobs in errors, resolves the imports of an inline module late, and its `import()` by the URL
 * that the page had when it was inserted.
 */
export const isWebKit = (): boolean => 'sourceURL' in new Error();
