import { choosePalette, palette, paletteChanged, palettes } from '../colour/palette.mjs';
import { element } from './element.mjs';

/** The palettes, each as a small planet of its own colours. */
export function swatches() {
  const buttons = palettes.map((p) => {
    const colours = [0.1, 0.5, 0.85].map((t) => p.ramp(t));
    const button = element('button', {
      class: 'swatch',
      title: p.name,
      'aria-label': `Palette ${p.name}`,
      onclick: () => choosePalette(p.name),
    });
    button.style.setProperty('--colours', colours.join(', '));
    return button;
  });
  const press = () =>
    buttons.forEach((button, i) => button.setAttribute('aria-pressed', palettes[i] === palette));
  paletteChanged.on(press);
  press();
  return element('div', { class: 'swatches', role: 'group', 'aria-label': 'Palettes' }, ...buttons);
}
