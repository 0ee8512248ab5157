/**
 * Collects the errors that reach the window: those that the page's own code does not handle.
 *
 * @returns whether an error is one of them. To be called when the page's scripts have run
 */
export function collectWindowErrors(): (error: unknown) => boolean {
  const errors: unknown[] = [];
  addEventListener('error', ({ error }) => error !== null && errors.push(error));
  // The engine may create a new linking error for each import.
  return (error) => errors.some((one) => one === error || String(one) === String(error));
}

/** Whether a script of the page has this source. The page cannot handle the failure of a script. */
export function isScript(url: string): boolean {
  return [...document.scripts].some(({ src }) => src === url);
}
