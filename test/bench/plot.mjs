import { networkName } from './relay.mjs';
import { median } from './statistics.mjs';

/** @typedef {import('./boot-result.mjs').BootResult} BootResult */
/** @typedef {import('./boot-result.mjs').State} State */

/** Sizes in user units. All panels have the width that is left beside the names. */
const WIDTH = 960;
const MARGIN = 20;
const NAMES = 176;
const GAP = 30;
const TOP = 84;
const ROW = 26;
/** Room of a panel above its rows, for the network, and below them, for the axis. */
const HEAD = 22;
const FOOT = 34;

/** What is shown, in the order in which it is drawn. */
const MARKS = /** @type {const} */ ([
  ['cold', 'cold: nothing cached'],
  ['changed', 'one changed line'],
  ['warm', 'warm: all cached'],
]);

const STYLE = `
    .bg { fill: #ffffff } .title { fill: #1f2328; font-size: 17px; font-weight: 600 }
    .name, .value { fill: #1f2328 } .own { font-weight: 600 } .note, .tick { fill: #57606a; font-size: 12px }
    .site { fill: #1f2328; font-weight: 600; font-size: 14px } .value { font-size: 12px }
    .grid { stroke: #d8dee4; stroke-width: 1 } .span { stroke: #afb8c1; stroke-width: 2 }
    .mark { stroke: #57606a; stroke-width: 2; fill: #57606a } .mark.own { stroke: #0969da; fill: #0969da }
    .mark.cold { fill: #ffffff }
    @media (prefers-color-scheme: dark) {
      .bg { fill: #0d1117 } .title, .name, .value, .site { fill: #e6edf3 } .note, .tick { fill: #9da7b3 }
      .grid { stroke: #21262d } .span { stroke: #484f58 }
      .mark { stroke: #9da7b3; fill: #9da7b3 } .mark.own { stroke: #58a6ff; fill: #58a6ff } .mark.cold { fill: #0d1117 }
    }`;

/** @param {string} text */
const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** @param {number} value */
const round = (value) => Number(value.toFixed(1));

/** @param {number} ms `450 ms`, `5.2 s` */
const duration = (ms) =>
  ms < 1000 ? `${ms.toFixed(0)} ms` : `${Number((ms / 1000).toFixed(ms < 10_000 ? 1 : 0))} s`;

/** @param {string} className @param {number} x @param {number} y @param {string} text @param {string} [anchor] */
const label = (className, x, y, text, anchor = 'start') =>
  `<text class="${className}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escaped(text)}</text>`;

/** The name of a site, and less prominently its size. @param {number} x @param {number} y @param {string} title */
function siteLabel(x, y, title) {
  const [name = '', ...rest] = title.split(', ');
  const size = escaped(rest.join(', '));
  return `<text x="${round(x)}" y="${y}"><tspan class="site">${escaped(name)}</tspan><tspan class="note" dx="8">${size}</tspan></text>`;
}

/** @param {string} className @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
const line = (className, x1, y1, x2, y2) =>
  `<line class="${className}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;

/**
 * Each state has a shape of its own, so that it can be told without colours.
 *
 * @param {string} state
 * @param {boolean} isOwn
 * @param {number} x
 * @param {number} y
 */
function mark(state, isOwn, x, y) {
  const className = `mark ${state}${isOwn ? ' own' : ''}`;
  if (state !== 'changed') return `<circle class="${className}" cx="${round(x)}" cy="${round(y)}" r="5"/>`;
  return `<path class="${className}" d="M${round(x)} ${round(y - 6)}l5.5 6l-5.5 6l-5.5-6z"/>`;
}

/**
 * A logarithmic axis over all values: equal ratios are equal distances.
 *
 * @param {readonly number[]} values in milliseconds, at least one
 * @returns {{ ticks: number[], at: (ms: number) => number }} ticks at 1, 2 and 5 times powers of ten; `at` is 0 at
 *   the first and 1 at the last one
 */
export function timeAxis(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const steps = [1, 10, 100, 1000, 10_000, 100_000].flatMap((power) => [power, 2 * power, 5 * power]);
  const reaches = steps.findIndex((step) => step >= most);
  const end = Math.max(reaches === -1 ? steps.length - 1 : reaches, 1);
  const start = Math.min(
    Math.max(
      steps.findLastIndex((step) => step <= least),
      0,
    ),
    end - 1,
  );
  const ticks = steps.slice(start, end + 1);
  const [low, high] = /** @type {[number, number]} */ ([ticks[0], ticks.at(-1)]);
  return { ticks, at: (ms) => Math.log(ms / low) / Math.log(high / low) };
}

/** @template T @param {readonly T[]} values @param {(value: T) => string} keyOf */
const distinct = (values, keyOf) => [...new Map(values.map((value) => [keyOf(value), value])).values()];

/**
 * A plot of boot times: a column per site, a row of panels per network, a line per subject.
 *
 * @param {readonly BootResult[]} results at least one
 * @param {{ rounds: number, browser: string, own: readonly string[] }} about `own` are the ids of the subjects that
 *   stand out
 * @returns {string} an SVG document for light and dark pages
 */
export function plot(results, { rounds, browser, own }) {
  const sites = distinct(results, ({ site }) => site);
  const networks = distinct(
    results.map(({ network }) => network),
    networkName,
  );
  const subjects = distinct(
    results.flatMap(({ taken }) => taken),
    ({ id }) => id,
  );
  const { ticks, at } = timeAxis(
    results.flatMap(({ taken }) =>
      taken.flatMap(({ ms }) => MARKS.flatMap(([state]) => (ms[state] ? [median(ms[state])] : []))),
    ),
  );
  const panelHeight = HEAD + subjects.length * ROW + FOOT;
  const panelWidth = (WIDTH - 2 * MARGIN - NAMES - (sites.length - 1) * GAP) / sites.length;
  const height = TOP + networks.length * panelHeight + 8;
  const left = (/** @type {number} */ column) => MARGIN + NAMES + column * (panelWidth + GAP);
  // A narrow panel has room for every other label.
  const every = ticks.length * 42 > panelWidth ? 2 : 1;
  // The outer labels stay inside of their panel.
  const anchorOf = (/** @type {number} */ index) =>
    index === 0 ? 'start' : index === ticks.length - 1 ? 'end' : 'middle';

  const parts = [];
  for (const [row, network] of networks.entries()) {
    const top = TOP + row * panelHeight;
    const rowAt = (/** @type {number} */ index) => top + HEAD + (index + 0.5) * ROW;
    parts.push(label('note', MARGIN, top + 12, `round trip ${networkName(network)}`));
    for (const [index, { id, name }] of subjects.entries())
      parts.push(label(own.includes(id) ? 'name own' : 'name', MARGIN, rowAt(index) + 5, name));
    for (const [column, { site }] of sites.entries()) {
      const x = (/** @type {number} */ ms) => left(column) + at(ms) * panelWidth;
      const bottom = top + HEAD + subjects.length * ROW;
      for (const [index, tick] of ticks.entries()) {
        parts.push(line('grid', x(tick), top + HEAD - 4, x(tick), bottom));
        if (index % every === 0)
          parts.push(label('tick', x(tick), bottom + 15, duration(tick), anchorOf(index)));
      }
      const result = results.find(
        (one) => one.site === site && networkName(one.network) === networkName(network),
      );
      for (const { id, ms } of result?.taken ?? []) {
        const y = rowAt(subjects.findIndex((subject) => subject.id === id));
        const medians = MARKS.flatMap(([state]) => (ms[state] ? [{ state, ms: median(ms[state]) }] : []));
        const places = medians.map((one) => x(one.ms));
        if (places.length > 1) parts.push(line('span', Math.min(...places), y, Math.max(...places), y));
        parts.push(...medians.map((one) => mark(one.state, own.includes(id), x(one.ms), y)));
      }
    }
  }
  const legend = MARKS.map(([state, text], index) => {
    const start = MARGIN + index * 170;
    return mark(state, false, start + 6, 48) + label('note', start + 18, 52, text);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13.5" role="img" aria-labelledby="title desc">
  <title id="title">Boot times</title>
  <desc id="desc">${escaped(description(results))}</desc>
  <style>${STYLE}
  </style>
  <rect class="bg" width="${WIDTH}" height="${height}"/>
  ${label('title', MARGIN, 28, 'From navigation to the last statement of the page')}
  ${legend.join('\n  ')}
  ${label('note', WIDTH - MARGIN, 52, `medians of ${rounds} rounds, ${browser}, logarithmic`, 'end')}
  ${sites.map(({ title }, column) => siteLabel(left(column), TOP - 6, title)).join('\n  ')}
  ${parts.join('\n  ')}
</svg>
`;
}

/** The warm medians in words, for those who cannot see the plot. @param {readonly BootResult[]} results */
const description = (results) =>
  results
    .map(({ title, network, taken }) => {
      const times = taken.flatMap(({ name, ms }) =>
        ms.warm ? [`${name} ${duration(median(ms.warm))}`] : [],
      );
      return `${title}, ${networkName(network)}, warm: ${times.join(', ')}.`;
    })
    .join(' ');
