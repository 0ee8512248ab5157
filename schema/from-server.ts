import * as z from 'zod/mini';
import { hash, natural, parseMessage, type MessageOf } from './message.js';

const object = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected an object',
);

/** Rows are not checked here but once, by `applyDelta`. */
const delta = {
  entries: z.array(z.unknown()),
  importMap: z.nullable(object),
  set: z.array(z.unknown()),
  delete: z.array(z.unknown()),
};

/** One schema for each message type. */
export const FROM_SERVER = {
  /** The newest deploy of the channel. `manifest` and a pack follow, unless the client has it. */
  welcome: z.object({
    type: z.literal('welcome'),
    protocol: natural,
    /** The registry's identity. */
    registry: z.optional(z.string()),
    deploy: natural,
    manifest: hash,
  }),
  /** The manifest that `welcome` named, as a difference from the client's manifest or from an empty one. */
  manifest: z.object({ type: z.literal('manifest'), base: z.nullable(hash), ...delta }),
  /** A pack follows in binary frames. `bytes` is the size of its blobs before encoding. */
  pack: z.object({ type: z.literal('pack'), id: natural, count: natural, bytes: natural }),
  /** The channel has a new deploy. A pack follows. */
  update: z.object({
    type: z.literal('update'),
    deploy: natural,
    manifest: hash,
    base: hash,
    ...delta,
  }),
  error: z.object({ type: z.literal('error'), code: z.string(), message: z.string() }),
  /** A message of the application. */
  message: z.object({ type: z.literal('message'), topic: z.string(), data: z.unknown() }),
};

export type FromServer = MessageOf<typeof FROM_SERVER>;

/** @throws ModcastError `message-invalid` */
export const parseFromServer = (data: string): FromServer => parseMessage(FROM_SERVER, data);
