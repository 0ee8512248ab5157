import { dateOf } from '../sky/calendar.mjs';
import { element } from './element.mjs';

/** The date, and the three buttons that rule over time. */
export function transport(stage) {
  const { clock } = stage;
  const date = element('button', { class: 'date', title: 'Back to today', onclick: () => clock.today() });
  const play = element('button', { class: 'play', onclick: () => clock.toggle() });
  const rate = element('output', { class: 'rate' });
  const control = (label, text, onclick) =>
    element('button', { 'aria-label': label, title: label, onclick }, text);
  let written = '';

  stage.framed.on(() => {
    const text = dateOf(clock.day);
    if (text !== written) date.textContent = written = text;
  });
  clock.changed.on(follow);
  follow();
  return element(
    'div',
    { class: 'transport' },
    date,
    element(
      'div',
      { class: 'buttons' },
      control('Slower', '−', () => clock.slower()),
      play,
      control('Faster', '+', () => clock.faster()),
      rate,
    ),
  );

  function follow() {
    play.setAttribute('aria-label', clock.running ? 'Pause' : 'Play');
    play.setAttribute('aria-pressed', clock.running);
    const { rate: r } = clock;
    rate.textContent = `${r < 0 ? '−' : ''}${Math.abs(r) < 1 ? '¼' : Math.abs(r)}×`;
  }
}
