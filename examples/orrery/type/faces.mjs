/**
 * The page's three typefaces. Text that is measured before its font has loaded gets the wrong width,
 * so importers of this module wait for the fonts, but only for a moment: a page in the wrong font
 * is better than no page.
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
