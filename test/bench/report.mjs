/**
 * The result of a bench: a table, the same values as data, and targets to compare them with.
 *
 * @typedef {object} Section
 * @property {string} title
 * @property {string[]} header
 * @property {string[][]} rows one cell per column of the header
 * @property {Target[]} targets
 * @property {unknown} data written to the `--json` file unchanged
 * @property {import('./boot-result.mjs').BootResult} [boot] what the plot shows
 */

/**
 * A target is printed as met or missed. It never fails the run, because the values depend on the machine.
 *
 * @typedef {object} Target
 * @property {string} what
 * @property {number} value
 * @property {number} atMost in the unit of the value
 * @property {string} unit
 */

/** @typedef {import('./statistics.mjs').Spread} Spread */

/** @param {number} ms */
export const milliseconds = (ms) => `${ms.toFixed(0)} ms`;

/** @param {Spread} values in milliseconds */
export const spreadCell = ({ median, min, max }) =>
  `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)})`;

/** @param {number} value with a digit more where it is small */
export const kilobytes = (value) => value.toFixed(value < 100 ? 1 : 0);

/** @param {number} value */
export const ratioCell = (value) => `${value.toFixed(2)} ×`;

/** @param {Target} target */
export const isMet = (target) => target.value <= target.atMost;

/**
 * @param {string[]} header
 * @param {string[][]} rows
 */
export function markdownTable(header, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** @param {Target[]} targets */
function targetTable(targets) {
  const number = (/** @type {number} */ value) => String(Number(value.toFixed(2)));
  return markdownTable(
    ['target', 'aim', 'value', ''],
    targets.map((target) => [
      target.what,
      `≤ ${number(target.atMost)} ${target.unit}`,
      `${number(target.value)} ${target.unit}`,
      isMet(target) ? 'met' : '**missed**',
    ]),
  );
}

/**
 * @param {string} machine
 * @param {Section[]} sections
 */
export function markdownReport(machine, sections) {
  const parts = [machine];
  for (const section of sections) {
    parts.push(`## ${section.title}`, markdownTable(section.header, section.rows));
    if (section.targets.length > 0) parts.push(targetTable(section.targets));
  }
  return `${parts.join('\n\n')}\n`;
}
