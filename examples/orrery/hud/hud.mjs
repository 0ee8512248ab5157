import { boot } from './boot.mjs';
import { element } from './element.mjs';
import { mark } from './mark.mjs';
import { menu } from './menu.mjs';
import { swatches } from './swatches.mjs';
import { transport } from './transport.mjs';

/** Everything on the page that is not the drawing, in its four corners. */
export function hud(stage, { programme, choose, shown }) {
  return element(
    'div',
    { class: 'hud' },
    element('div', { class: 'corner top left' }, mark()),
    element('div', { class: 'corner top right' }, transport(stage)),
    element('div', { class: 'corner bottom left' }, caption(stage), menu(programme, choose, shown)),
    element('div', { class: 'corner bottom right' }, swatches(), boot()),
  );
}

/** What is on: a title and a line below it. Screen readers hear of the canvas through it, too. */
function caption(stage) {
  const title = element('h1');
  const note = element('p');
  stage.captioned.on((text) => {
    if (title.textContent !== text.title) title.textContent = text.title;
    if (note.textContent !== text.note) note.textContent = text.note;
    stage.canvas.setAttribute('aria-label', `${text.title}: an animated drawing`);
  });
  return element('header', { class: 'caption' }, title, note);
}
