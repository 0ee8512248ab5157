import type { Change, DeployTags } from '../../registry/history/index.js';
import type { Deploy, Tag } from '../../registry/store/store.js';
import type { ModcastError } from '../../schema/index.js';
import type { Io } from '../io.js';
import { isoTime } from './time.js';

/** Writes one JSON document. */
export function writeJson(io: Io, value: unknown): void {
  io.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** One line of JSON Lines (jsonlines.org), for lists that can be long. */
export const jsonLine = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** An error as `--json` shows it. */
export const errorJson = ({ code, message, expected, found }: ModcastError) => ({
  code,
  message,
  expected,
  found: isServerNote(found) ? { ...found, started: isoTime(found.started) } : found,
});

/** The note of another server is the only value in an error with a time. */
const isServerNote = (found: unknown): found is { readonly started: number } =>
  typeof found === 'object' && found !== null && 'started' in found && typeof found.started === 'number';

/**
 * A deploy as `--json` shows it.
 * @param tags all tags; commands that make a deploy give none
 */
export const deployJson = (deploy: Deploy, tags?: DeployTags) => ({
  number: deploy.number,
  channel: deploy.channel,
  time: isoTime(deploy.time),
  author: deploy.author,
  message: deploy.message,
  manifest: deploy.manifest,
  parent: deploy.parent,
  commit: deploy.commit,
  added: deploy.added,
  changed: deploy.changed,
  removed: deploy.removed,
  files: deploy.modules,
  bytes: deploy.bytes,
  ...(tags === undefined ? {} : { tags: (tags.get(deploy.number) ?? []).map(({ name }) => name) }),
});

/** A tag as `--json` shows it. */
export const tagJson = (
  { name, time, author, message }: Tag,
  deploy: ReturnType<typeof deployJson> | null,
) => ({
  name,
  time: isoTime(time),
  author,
  message,
  deploy,
});

/** A change as `--json` shows it. */
export const changeJson = ({ status, path: at, oldPath, before, after, similarity }: Change) => ({
  status,
  path: at,
  oldPath,
  similarity,
  before: before === null ? null : { hash: before.hash, size: before.size },
  after: after === null ? null : { hash: after.hash, size: after.size },
});
