import { ModcastError } from './errors.js';

/**
 * Both first messages carry it. Sides with different versions close the connection with `protocol-version`.
 * Raise it, once per release, for every change that the other side would refuse: a new message, or a new
 * field of the client's messages.
 */
export const PROTOCOL_VERSION = 1;

/** Where a boot's modules came from. */
export const BOOT_SOURCES = ['network', 'cache', 'http', 'native'] as const;
export type BootSource = (typeof BOOT_SOURCES)[number];

export const isNatural = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

export function messageInvalid(data: string, expected: string): ModcastError {
  return new ModcastError('message-invalid', `message: ${expected}`, { expected, found: data.slice(0, 80) });
}

/**
 * Reads a message as far as its type.
 *
 * @throws ModcastError `message-invalid`
 */
export function readMessage<T extends string>(
  types: { readonly [type in T]: unknown },
  data: string,
): { readonly [field: string]: unknown; readonly type: T } {
  let json: { readonly type?: unknown } | null;
  try {
    json = JSON.parse(data) as typeof json;
  } catch {
    throw messageInvalid(data, 'expected JSON');
  }
  const type = json?.type;
  if (typeof type === 'string' && Object.hasOwn(types, type))
    return json as ReturnType<typeof readMessage<T>>;
  throw messageInvalid(data, `expected a type of ${Object.keys(types).join(', ')}`);
}

export const encodeMessage = <M extends { readonly type: string }>(message: M): string =>
  JSON.stringify(message);
