import { readFileSync } from 'node:fs';

const place = import.meta.url.includes('/dist/') ? '../../package.json' : '../package.json';

/** The version of this program. */
export const modcastVersion: string = (
  JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as { version: string }
).version;
