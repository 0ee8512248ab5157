const UNITS: { readonly [unit: string]: number } = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
};

const MONTHS: { readonly [unit: string]: number } = { month: 1, year: 12 };

/** The same day of an earlier month, in local time. */
function monthsBefore(now: number, months: number): number {
  const date = new Date(now);
  return date.setMonth(date.getMonth() - months);
}

function before(now: number, n: number, unit: string): number {
  const months = MONTHS[unit];
  return months === undefined ? now - n * UNITS[unit]! : monthsBefore(now, n * months);
}

/** Examples of times, for error messages. */
export const TIME_EXAMPLES = '2026-11-01, 2026-11-01T18:30, yesterday, 3 days ago';

/**
 * Parses a time: `2026-11-01` (its start, in local time), `2026-11-01T18:30` or with a space, optionally with
 * seconds and a zone; `now`, `yesterday`, `3 days ago`, `3.days`.
 *
 * @returns milliseconds since 1970; undefined for other text
 */
export function parseTime(text: string, now: number): number | undefined {
  const plain = text.trim().toLowerCase();
  if (plain === 'now') return now;
  if (plain === 'yesterday') return now - UNITS['day']!;
  // `2.weeks.ago` needs no quotes in a shell. git takes it without "ago", too.
  const ago = /^(\d{1,4})[ .](second|minute|hour|day|week|month|year)s?(?:[ .]ago)?$/.exec(plain);
  if (ago !== null) return before(now, Number(ago[1]), ago[2]!);
  const date =
    /^(\d{4}-\d{2}-\d{2})(?:[t ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(z|[+-]\d{2}:\d{2})?)?$/.exec(plain);
  if (date === null) return undefined;
  const [, day, time = '00:00', zone = ''] = date;
  const ms = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms;
}
