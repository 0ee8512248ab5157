import * as z from 'zod/mini';
import { ModcastError } from './errors.js';
import { isHash, type Hash } from './hash.js';

/**
 * Both first messages carry it. Sides with different versions close the connection with `protocol-version`.
 * Raise it, once per release, for every change that the other side would refuse: a new message, or a new
 * field of the client's messages.
 */
export const PROTOCOL_VERSION = 1;

/** Where a boot's modules came from. */
export const BOOT_SOURCES = ['network', 'cache', 'http', 'native'] as const;
export type BootSource = (typeof BOOT_SOURCES)[number];

/** Captured at once, because a page's scripts may change `JSON` later. */
const { parse, stringify } = JSON;

export const hash = z.custom<Hash>(isHash, 'expected a hash');

export const natural = z.custom<number>(
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  'expected a whole number',
);

/** One schema for each message type, so that errors are about the type that the message claims to have. */
export type Schemas = { readonly [type: string]: z.ZodMiniType<{ type: string }> };

export type MessageOf<S extends Schemas> = { [T in keyof S]: z.infer<S[T]> }[keyof S];

/** @throws ModcastError `message-invalid` */
export function parseMessage<S extends Schemas>(schemas: S, data: string): MessageOf<S> {
  const fail = (expected: string): never => {
    const found = data.slice(0, 80);
    throw new ModcastError('message-invalid', `message: ${expected}`, { expected, found });
  };
  let json: { type?: unknown } | null;
  try {
    json = parse(data) as typeof json;
  } catch {
    return fail('expected JSON');
  }
  const type = json?.type;
  const schema = typeof type === 'string' && Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  if (schema === undefined) return fail(`expected a type of ${Object.keys(schemas).join(', ')}`);
  const result = z.safeParse(schema, json);
  if (result.success) return result.data as MessageOf<S>;
  const issue = result.error.issues[0];
  return fail(`${type as string}: ${issue?.path.join('.')}: ${issue?.message ?? 'does not fit'}`);
}

export const encodeMessage = <M extends { readonly type: string }>(message: M): string => stringify(message);
