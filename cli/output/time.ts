const UNITS = [
  ['year', 365.25 * 86_400_000],
  ['month', 30.44 * 86_400_000],
  ['week', 7 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** `3 hours ago`, `in 2 days`; `now` under a minute. */
export function relativeTime(time: number, now: number): string {
  const distance = Math.abs(now - time);
  for (const [unit, ms] of UNITS) {
    if (distance < ms) continue;
    const n = Math.floor(distance / ms);
    const text = `${n} ${unit}${n === 1 ? '' : 's'}`;
    return time < now ? `${text} ago` : `in ${text}`;
  }
  return 'now';
}

/** `2026-11-23 15:54:17`, in local time. */
export function localTime(time: number): string {
  const date = new Date(time);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `2026-11-23T15:54:17.000Z`, as in JSON. */
export const isoTime = (time: number): string => new Date(time).toISOString();
