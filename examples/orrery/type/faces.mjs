/**
 * The page's three typefaces. A word that is measured before its face is there is measured wrong,
 * so whoever imports this module waits for them: but never longer than a moment, a page in the
 * wrong face is better than none.
 */
const PATIENCE = 1200;

const files = [
  ['Instrument Serif', 'normal', new URL('./instrument-serif.woff2', import.meta.url)],
  ['Instrument Serif', 'italic', new URL('./instrument-serif-italic.woff2', import.meta.url)],
  ['DM Mono', 'normal', new URL('./dm-mono.woff2', import.meta.url)],
];

const loading = files.map(([family, style, url]) => {
  const face = new FontFace(family, `url(${url})`, { style, display: 'swap' });
  document.fonts.add(face);
  return face.load();
});

await Promise.race([Promise.allSettled(loading), new Promise((wake) => setTimeout(wake, PATIENCE))]);

const SERIF = '"Instrument Serif", "Iowan Old Style", Palatino, Georgia, serif';
const MONO = '"DM Mono", ui-monospace, "SF Mono", Menlo, monospace';

/** Fonts as a canvas takes them, for a size in pixels. */
export const italic = (size) => `italic ${size}px ${SERIF}`;
export const mono = (size) => `${size}px ${MONO}`;
