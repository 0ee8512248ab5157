import { element } from './element.mjs';
import { onBootReport } from './report.mjs';

/** One line about how the page booted, and the whole of it behind a click. */
export function boot() {
  const line = element('summary', { title: 'How this page booted' });
  const rows = element('dl');
  const bar = element('i', { class: 'share', 'aria-hidden': 'true' });
  const details = element('details', { class: 'boot' }, line, element('div', { class: 'sheet' }, rows, bar));
  onBootReport((report) => {
    line.textContent = report.line;
    rows.replaceChildren(
      ...report.rows.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
    );
    bar.hidden = report.cached === null;
    bar.style.setProperty('--cached', report.cached ?? 0);
  });
  return details;
}
