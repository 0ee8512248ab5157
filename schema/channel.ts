import { ModcastError } from './errors.js';

/** A name for a sequence of deploys: `dev`, `production`, … */
export type Channel = string;

export const CHANNEL_PATTERN = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** @throws ModcastError `channel-invalid` */
export function parseChannel(text: string): Channel {
  if (!CHANNEL_PATTERN.test(text)) {
    const expected = '1 to 64 of a-z, 0-9, ".", "_", "-", starting with a letter or digit';
    const message = `not a channel name: ${JSON.stringify(text.slice(0, 80))}; expected ${expected}`;
    throw new ModcastError('channel-invalid', message, { expected, found: text });
  }
  return text;
}
