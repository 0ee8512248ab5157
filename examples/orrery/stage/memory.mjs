/**
 * What a reload should not lose. The piece and the palette are in the address, so that they can
 * be shared (`#rings/ember`); the date belongs to this tab.
 */
const KEY = 'orrery';

export function readAddress() {
  const [piece = '', palette = ''] = location.hash.slice(1).split('/');
  return { piece, palette };
}

export function writeAddress(piece, palette) {
  history.replaceState(null, '', `#${piece}/${palette.toLowerCase()}`);
}

/** The last visit's moment in this tab, or null. */
export function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null; // storage is off, or has the format of another version
  }
}

/** Stores the result of `moment()` when the page is hidden. */
export function remember(moment) {
  addEventListener('pagehide', () => {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(moment()));
    } catch {
      // a private window: the next visit starts from today
    }
  });
}
