const KEY = 'modcast scroll';

/** Loads the page again where it is. */
export function reloadPage(): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify([location.href, scrollX, scrollY]));
  } catch {
    // Without storage the browser's own memory of the position has to do.
  }
  location.reload();
}

/** After a reload of ours: modules draw later than the browser restores the position, which then lies outside the page. */
export function restoreScroll(): void {
  try {
    const kept = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    const [href, x, y] = JSON.parse(kept ?? '[]') as [string?, number?, number?];
    if (href === location.href && x !== undefined && y !== undefined)
      scrollTo({ left: x, top: y, behavior: 'instant' });
  } catch {
    // Nothing was kept, or it is somebody else's.
  }
}
