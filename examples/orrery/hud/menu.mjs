import { element } from './element.mjs';

/** The pieces, as links that can be copied; the one that is on has `aria-current`. */
export function menu(programme, choose, shown) {
  const items = programme.map(({ id, title }) => {
    const link = element(
      'a',
      { href: `#${id}`, onclick: (event) => (event.preventDefault(), choose(id)) },
      title,
    );
    return { id, link };
  });
  shown.on((id) => {
    for (const item of items) {
      if (item.id === id) item.link.setAttribute('aria-current', 'page');
      else item.link.removeAttribute('aria-current');
    }
  });
  return element('nav', { class: 'menu', 'aria-label': 'Pieces' }, ...items.map(({ link }) => link));
}
