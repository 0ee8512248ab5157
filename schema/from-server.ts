import * as z from 'zod/mini';
import { hash, natural, parseMessage, type MessageOf } from './message.js';

const object = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected an object',
);

/** Rows are checked where a manifest is made of them: once, and by a manifest's own rules. */
const delta = {
  entries: z.array(z.unknown()),
  importMap: z.nullable(object),
  set: z.array(z.unknown()),
  delete: z.array(z.unknown()),
};

/** One schema for each message type. */
export const FROM_SERVER = {
  /** The head of the channel. Followed by `manifest` and a pack unless the client has it. */
  welcome: z.object({ type: z.literal('welcome'), protocol: natural, deploy: natural, manifest: hash }),
  /** The manifest that `welcome` named, as a difference from the one the client has or from an empty one. */
  manifest: z.object({ type: z.literal('manifest'), base: z.nullable(hash), ...delta }),
  /** A pack's bytes follow in binary frames; `bytes` is their blobs' size before any encoding. */
  pack: z.object({ type: z.literal('pack'), id: natural, count: natural, bytes: natural }),
  /** The channel has a new head. A pack follows. */
  update: z.object({
    type: z.literal('update'),
    deploy: natural,
    manifest: hash,
    base: hash,
    ...delta,
  }),
  error: z.object({ type: z.literal('error'), code: z.string(), message: z.string() }),
  /** The application's own. */
  message: z.object({ type: z.literal('message'), topic: z.string(), data: z.unknown() }),
};

export type FromServer = MessageOf<typeof FROM_SERVER>;

/** @throws ModcastError `message-invalid` */
export const parseFromServer = (data: string): FromServer => parseMessage(FROM_SERVER, data);
