import { element } from './element.mjs';

const shape = new URL('./mark.svg', import.meta.url);

/** The sign in the corner. The SVG is a mask: its colour is the palette's. */
export function mark() {
  const link = element('a', { class: 'mark', href: 'about.html', 'aria-label': 'About this page' });
  link.style.setProperty('--shape', `url("${shape}")`);
  return link;
}
