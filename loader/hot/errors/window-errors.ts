/**
 * Errors that have reached the window since the page's scripts were let go: what the page's own code has dealt with is
 * none of them. To be asked when the scripts have run.
 */
export function collectWindowErrors(): (error: unknown) => boolean {
  const errors: unknown[] = [];
  addEventListener('error', ({ error }) => error !== null && errors.push(error));
  // An error of linking may be made anew for each import.
  return (error) => errors.some((one) => one === error || String(one) === String(error));
}

/** Whether a script of the page has this source: then nothing of the page can have dealt with its failure. */
export function isScript(url: string): boolean {
  return [...document.scripts].some(({ src }) => src === url);
}
