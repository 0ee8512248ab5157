import { isHash, type Hash } from './hash.js';
import { isNatural, messageInvalid, readMessage } from './message.js';

/** Rows are not checked here but once, by `applyDelta`. */
interface Delta {
  entries: unknown[];
  importMap: Record<string, unknown> | null;
  set: unknown[];
  delete: unknown[];
}

/** One type for each message. */
export type FromServer =
  /** The newest deploy of the channel. `manifest` and a pack follow, unless the client has it. */
  | {
      type: 'welcome';
      protocol: number;
      /** The registry's identity. */
      registry?: string | undefined;
      deploy: number;
      manifest: Hash;
      /** The fusion of the manifest, where there is one. The client may have another one of it, or none. */
      fusion?: Hash | undefined;
    }
  /** The manifest that `welcome` named, as a difference from the client's manifest or from an empty one. */
  | ({ type: 'manifest'; base: Hash | null } & Delta)
  /** A pack follows in binary frames. `bytes` is the size of its blobs before encoding. */
  | { type: 'pack'; id: number; count: number; bytes: number }
  /** The channel has a new deploy. A pack follows. */
  | ({ type: 'update'; deploy: number; manifest: Hash; base: Hash; fusion?: Hash | undefined } & Delta)
  | { type: 'error'; code: string; message: string }
  /** A message of the application. */
  | { type: 'message'; topic: string; data: unknown };

type Check = (value: unknown) => boolean;

/** A check of each field. It gets `undefined`, which is not JSON, for one that is missing. */
type Fields = {
  readonly [T in FromServer['type']]: {
    readonly [K in Exclude<keyof Extract<FromServer, { type: T }>, 'type'>]-?: Check;
  };
};

const isText: Check = (value) => typeof value === 'string';
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const orMissing =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

const delta = {
  entries: Array.isArray,
  importMap: orNull(isObject),
  set: Array.isArray,
  delete: Array.isArray,
};

/** Written out, because a library for it would be a sixth of the loader. */
export const FROM_SERVER: Fields = {
  welcome: {
    protocol: isNatural,
    registry: orMissing(isText),
    deploy: isNatural,
    manifest: isHash,
    fusion: orMissing(isHash),
  },
  manifest: { base: orNull(isHash), ...delta },
  pack: { id: isNatural, count: isNatural, bytes: isNatural },
  update: { deploy: isNatural, manifest: isHash, base: isHash, fusion: orMissing(isHash), ...delta },
  error: { code: isText, message: isText },
  message: { topic: isText, data: (value) => value !== undefined },
};

/** @throws ModcastError `message-invalid` */
export function parseFromServer(data: string): FromServer {
  const json = readMessage(FROM_SERVER, data);
  // Without the fields that a newer server adds.
  const message: Record<string, unknown> = { type: json.type };
  for (const [name, fits] of Object.entries<Check>(FROM_SERVER[json.type])) {
    const value = json[name];
    if (!fits(value)) throw messageInvalid(data, `${json.type}: ${name}: does not fit`);
    if (value !== undefined) message[name] = value;
  }
  return message as FromServer;
}
