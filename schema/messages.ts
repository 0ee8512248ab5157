import * as z from 'zod/mini';
import { CHANNEL_PATTERN } from './channel.js';
import { ModcastError } from './errors.js';
import { isHash, type Hash } from './hash.js';
import { LIMITS } from './limits.js';
import { isPath, type Path } from './path.js';

/** Both first messages carry it; sides that differ part with `protocol-version`. */
export const PROTOCOL_VERSION = 1;

const hash = z.custom<Hash>(isHash, 'expected a hash');
const path = z.custom<Path>(isPath, 'expected a path');
const natural = z.int().check(z.nonnegative());
const text = (length: number) => z.string().check(z.maxLength(length));
const topic = z.string().check(z.minLength(1), z.maxLength(LIMITS.topicLength));

/** Rows are checked where a manifest is made of them: once, and with the rules of a manifest. */
const manifestDelta = {
  entries: z.array(z.unknown()),
  importMap: z.nullable(z.record(z.string(), z.unknown())),
  set: z.array(z.unknown()),
  delete: z.array(z.unknown()),
};

/** Where a boot's modules came from. */
export const BOOT_SOURCES = ['network', 'cache', 'http', 'native'] as const;
export type BootSource = (typeof BOOT_SOURCES)[number];

const fromClient = z.discriminatedUnion('type', [
  /** What the client has. The socket's URL says the same first, so that the answer needs no question. */
  z.strictObject({
    type: z.literal('hello'),
    protocol: z.int(),
    channel: z.string().check(z.regex(CHANNEL_PATTERN)),
    have: z.nullable(hash),
    deploy: z.nullable(natural),
    entries: z.array(path).check(z.maxLength(LIMITS.helloEntries)),
  }),
  z.strictObject({
    type: z.literal('want'),
    hashes: z.array(hash).check(z.minLength(1), z.maxLength(LIMITS.wantHashes)),
  }),
  z.strictObject({
    type: z.literal('booted'),
    deploy: z.nullable(natural),
    ms: z.number().check(z.nonnegative()),
    from: z.enum(BOOT_SOURCES),
    bytes: natural,
  }),
  z.strictObject({
    type: z.literal('failed'),
    deploy: z.nullable(natural),
    stage: text(64),
    message: text(4096),
  }),
  z.strictObject({ type: z.literal('message'), topic, data: z.unknown() }),
]);

const fromServer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('welcome'), protocol: z.int(), deploy: natural, manifest: hash }),
  /** The manifest that `welcome` named, as a difference from the one the client has or from an empty one. */
  z.strictObject({ type: z.literal('manifest'), base: z.nullable(hash), ...manifestDelta }),
  /** A pack's bytes follow in binary frames; `bytes` is their blobs' size before any encoding. */
  z.strictObject({ type: z.literal('pack'), id: natural, count: natural, bytes: natural }),
  /** The channel has a new head. */
  z.strictObject({
    type: z.literal('update'),
    deploy: natural,
    manifest: hash,
    base: hash,
    ...manifestDelta,
  }),
  z.strictObject({ type: z.literal('error'), code: text(64), message: text(4096) }),
  z.strictObject({ type: z.literal('message'), topic, data: z.unknown() }),
]);

export type FromClient = z.infer<typeof fromClient>;
export type FromServer = z.infer<typeof fromServer>;
export type Hello = Extract<FromClient, { type: 'hello' }>;

function parse<T>(schema: z.ZodMiniType<T>, data: string): T {
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch (cause) {
    throw new ModcastError('message-invalid', 'message: not JSON', {
      expected: 'JSON',
      found: data.slice(0, 80),
      cause,
    });
  }
  const result = z.safeParse(schema, json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') || 'message';
  throw new ModcastError('message-invalid', `message: ${where}: ${issue?.message ?? 'does not fit'}`, {
    expected: issue?.message,
    found: data.slice(0, 80),
  });
}

/** @throws ModcastError `message-invalid` */
export const parseFromClient = (data: string): FromClient => parse(fromClient, data);

/** @throws ModcastError `message-invalid` */
export const parseFromServer = (data: string): FromServer => parse(fromServer, data);

export const encodeMessage = (message: FromClient | FromServer): string => JSON.stringify(message);

/** The socket URL's query that stands for a `hello`; `entries` are JSON, as paths may hold any character. */
export function helloToQuery(hello: Hello): string {
  const query = new Map<string, string>([
    ['protocol', String(hello.protocol)],
    ['channel', hello.channel],
  ]);
  if (hello.have !== null) query.set('have', hello.have);
  if (hello.deploy !== null) query.set('deploy', String(hello.deploy));
  if (hello.entries.length > 0) query.set('entries', JSON.stringify(hello.entries));
  return [...query].map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
}

/** @throws ModcastError `message-invalid` */
export function helloFromQuery(query: ReadonlyMap<string, string>): Hello {
  const number = (name: string): number | null => (query.has(name) ? Number(query.get(name)) : null);
  let entries: unknown;
  try {
    entries = JSON.parse(query.get('entries') ?? '[]');
  } catch {
    entries = null;
  }
  const hello = parseFromClient(
    JSON.stringify({
      type: 'hello',
      protocol: number('protocol'),
      channel: query.get('channel') ?? null,
      have: query.get('have') ?? null,
      deploy: number('deploy'),
      entries,
    }),
  );
  return hello as Hello;
}
