import * as z from 'zod/mini';
import { CHANNEL_PATTERN } from './channel.js';
import { LIMITS } from './limits.js';
import { BOOT_SOURCES, hash, natural, parseMessage, type MessageOf } from './message.js';
import { isPath, type Path } from './path.js';

const path = z.custom<Path>(isPath, 'expected a path');
const text = (length: number) => z.string().check(z.maxLength(length));

/** One schema for each message type. */
export const FROM_CLIENT = {
  /** What the client has. The socket's URL says the same first, so that the answer needs no question. */
  hello: z.strictObject({
    type: z.literal('hello'),
    protocol: natural,
    channel: z.string().check(z.regex(CHANNEL_PATTERN)),
    have: z.nullable(hash),
    deploy: z.nullable(natural),
    entries: z.array(path).check(z.maxLength(LIMITS.helloEntries)),
  }),
  /**
   * Blobs the client lacks; `closure`: and what they import, which it cannot name before it has them. Answered by
   * a pack in which a blob that cannot be had stands without bytes.
   */
  want: z.strictObject({
    type: z.literal('want'),
    hashes: z.array(hash).check(z.minLength(1), z.maxLength(LIMITS.wantHashes)),
    closure: z.boolean(),
  }),
  /** `ms`: from navigation to the last statement of the page's modules; `bytes`: received over the socket. */
  booted: z.strictObject({
    type: z.literal('booted'),
    deploy: z.nullable(natural),
    ms: z.number().check(z.nonnegative()),
    from: z.enum(BOOT_SOURCES),
    bytes: natural,
  }),
  failed: z.strictObject({
    type: z.literal('failed'),
    deploy: z.nullable(natural),
    stage: text(64),
    message: text(4096),
  }),
  /** The application's own. */
  message: z.strictObject({
    type: z.literal('message'),
    topic: z.string().check(z.minLength(1), z.maxLength(LIMITS.topicLength)),
    data: z.unknown(),
  }),
};

export type FromClient = MessageOf<typeof FROM_CLIENT>;
export type Hello = Extract<FromClient, { type: 'hello' }>;

/** @throws ModcastError `message-invalid` */
export const parseFromClient = (data: string): FromClient => parseMessage(FROM_CLIENT, data);

/** @throws ModcastError `message-invalid` */
export function helloFromQuery(query: ReadonlyMap<string, string>): Hello {
  // What is no plain number stays text, for the schema to refuse.
  const number = (name: string): number | string | null => {
    const text = query.get(name) ?? null;
    return text !== null && /^\d+$/.test(text) ? Number(text) : text;
  };
  let entries: unknown;
  try {
    entries = JSON.parse(query.get('entries') ?? '[]');
  } catch {
    entries = null;
  }
  const hello = {
    type: 'hello',
    protocol: number('protocol'),
    channel: query.get('channel') ?? null,
    have: query.get('have') ?? null,
    deploy: number('deploy'),
    entries,
  };
  return parseFromClient(JSON.stringify(hello)) as Hello;
}
