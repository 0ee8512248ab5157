/** Puts the current picture over the page and fades it out, so that the next one appears softly. */
export function dissolve(canvases, milliseconds = 1100) {
  const [first] = canvases;
  const still = document.createElement('canvas');
  still.className = 'veil';
  still.width = first.width;
  still.height = first.height;
  const ctx = still.getContext('2d');
  for (const canvas of canvases) ctx.drawImage(canvas, 0, 0);
  canvases.at(-1).after(still);
  const fading = still.animate([{ opacity: 1 }, { opacity: 0 }], {
    duration: milliseconds,
    easing: 'ease-in-out',
    fill: 'forwards',
  });
  fading.finished.finally(() => still.remove());
}
