import * as z from 'zod/mini';
import { CHANNEL_PATTERN } from './channel.js';
import { isHash, type Hash } from './hash.js';
import { isDeepJson } from './json-depth.js';
import { LIMITS } from './limits.js';
import { BOOT_SOURCES, isNatural, messageInvalid, readMessage } from './message.js';
import { isPath, type Path } from './path.js';

const hash = z.custom<Hash>(isHash, 'expected a hash');
const natural = z.custom<number>(isNatural, 'expected a whole number');
const path = z.custom<Path>(isPath, 'expected a path');
const text = (length: number) => z.string().check(z.maxLength(length));

/** One schema for each message type, so that errors are about the type that the message claims to have. */
export const FROM_CLIENT = {
  /** What the client has. The socket's URL says the same, so that the server can answer at once. */
  hello: z.strictObject({
    type: z.literal('hello'),
    protocol: natural,
    channel: z.string().check(z.regex(CHANNEL_PATTERN)),
    have: z.nullable(hash),
    /** The fusion that it has. Not given by clients that run single modules only. */
    fusion: z.optional(z.nullable(hash)),
    deploy: z.nullable(natural),
    /** The manifest of that deploy. It stays public while the client is connected. */
    runs: z.optional(hash),
    entries: z.array(path).check(z.maxLength(LIMITS.helloEntries)),
  }),
  /**
   * Blobs that the client needs. With `closure`, also everything that they import: the client cannot name
   * those blobs yet. The answer is a pack. A blob that the server cannot send has no bytes in it.
   */
  want: z.strictObject({
    type: z.literal('want'),
    hashes: z.array(hash).check(z.minLength(1), z.maxLength(LIMITS.wantHashes)),
    closure: z.boolean(),
  }),
  /** `ms`: from navigation to the last statement of the page's modules. `bytes`: received over the socket. */
  booted: z.strictObject({
    type: z.literal('booted'),
    deploy: z.nullable(natural),
    /** The manifest of that deploy. */
    runs: z.optional(hash),
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
  /** A message of the application. */
  message: z.strictObject({
    type: z.literal('message'),
    topic: z.string().check(z.minLength(1), z.maxLength(LIMITS.topicLength)),
    data: z.unknown(),
  }),
};

export type FromClient = z.infer<(typeof FROM_CLIENT)[keyof typeof FROM_CLIENT]>;
export type Hello = Extract<FromClient, { type: 'hello' }>;

/** @throws ModcastError `message-invalid` */
export function parseFromClient(data: string): FromClient {
  if (isDeepJson(data)) throw messageInvalid(data, `expected at most ${LIMITS.jsonDepth} levels of JSON`);
  const message = readMessage(FROM_CLIENT, data);
  const result = z.safeParse(FROM_CLIENT[message.type], message);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const expected = `${issue?.path.join('.')}: ${issue?.message ?? 'does not fit'}`;
  throw messageInvalid(data, `${message.type}: ${expected}`);
}

/** @throws ModcastError `message-invalid` */
export function helloFromQuery(query: ReadonlyMap<string, string>): Hello {
  // Other text stays text: the schema refuses it.
  const number = (name: string): number | string | null => {
    const text = query.get(name) ?? null;
    return text !== null && /^\d+$/.test(text) ? Number(text) : text;
  };
  let entries: unknown;
  try {
    const text = query.get('entries') ?? '[]';
    entries = isDeepJson(text) ? null : JSON.parse(text);
  } catch {
    entries = null;
  }
  const hello = {
    type: 'hello',
    protocol: number('protocol'),
    channel: query.get('channel') ?? null,
    have: query.get('have') ?? null,
    ...(query.has('fusion') ? { fusion: query.get('fusion') || null } : {}),
    deploy: number('deploy'),
    ...(query.has('runs') ? { runs: query.get('runs') } : {}),
    entries,
  };
  return parseFromClient(JSON.stringify(hello)) as Hello;
}
