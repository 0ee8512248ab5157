import type { Channel, Hash } from '../../schema/index.js';
import { hashKey } from './hash-key.js';
import type { Connection } from './sqlite-connection.js';
import type { ChannelRow, Rows } from './sqlite-rows.js';
import { damagedRow, soundRow } from './sqlite-sums.js';
import { DEPLOYS_LIMIT, type Deploy } from './store.js';

type DeployRow = Deploy & { readonly sound: number };

const DEPLOYS = `
  SELECT d.number, c.name AS channel, lower(hex(d.manifest)) AS manifest, d.time, d.author, d.message, d.parent,
    d.git_commit AS "commit", d.added, d.changed, d.removed, d.modules, d.bytes,
    ${soundRow('deploy', 'd')} AND ${soundRow('channel', 'c')} AS sound
  FROM deploy d JOIN channel c ON c.id = d.channel_id`;

/** Reads deploys. All methods throw `store-damaged` for a row that is not as it was written. */
export interface DeployRows {
  readonly byNumber: (number: number) => Deploy | null;
  readonly ofManifest: (channel: number, manifest: Hash) => Deploy | null;
  /** Newest first. Each deploy names the one before it, so a missing one is noticed. */
  readonly list: (options: { channel?: Channel; before?: number; limit?: number }) => Deploy[];
  /** Of each commit from `first` to `last` the newest deploy on each channel, newest first. */
  readonly ofCommits: (first: string, last: string, limit: number) => Deploy[];
  /** The newest deploy of a channel up to a time. */
  readonly upTo: (channel: Channel, time: number) => Deploy | null;
}

const checked = ({ sound, ...deploy }: DeployRow): Deploy => {
  if (!sound) throw damagedRow(`deploy ${deploy.number}`);
  return deploy;
};

export function sqliteDeployRows(connection: Connection, rows: Rows): DeployRows {
  const one = connection.prepare<DeployRow>(`${DEPLOYS} WHERE d.number = ?`);
  const exists = connection.pluck<1>('SELECT 1 FROM deploy WHERE number = ?');
  const page = connection.prepare<DeployRow>(`${DEPLOYS} WHERE d.number < ? ORDER BY d.number DESC LIMIT ?`);
  const pageOfChannel = connection.prepare<DeployRow>(
    `${DEPLOYS} WHERE d.channel_id = ? AND d.number < ? ORDER BY d.number DESC LIMIT ?`,
  );
  const parentAfter = connection.pluck<number | null>(
    'SELECT parent FROM deploy WHERE channel_id = ? AND number >= ? ORDER BY number LIMIT 1',
  );
  const newest = connection.pluck<number>(
    'SELECT number FROM deploy WHERE manifest = ? AND channel_id = ? ORDER BY number DESC LIMIT 1',
  );

  const newestOfCommits = connection.pluck<number>(
    `SELECT max(number) FROM deploy WHERE git_commit IS NOT NULL AND git_commit BETWEEN ? AND ?
     GROUP BY git_commit, channel_id ORDER BY max(number) DESC LIMIT ?`,
  );

  const byNumber = (number: number): Deploy | null => {
    const row = one.get(number);
    if (row === undefined && exists.get(number) !== undefined) throw damagedRow(`deploy ${number}`);
    return row === undefined ? null : checked(row);
  };

  const baseOf = connection.pluck<number>(
    `SELECT b.deploy FROM channel c JOIN base b ON b.channel_id = c.id WHERE c.name = ? AND ${soundRow('base', 'b')}`,
  );
  const isCollected = (channel: Channel, number: number): boolean =>
    number < (baseOf.get(channel) ?? 0) && exists.get(number) === undefined;

  /** Follows each channel's deploys from its head, or from the one after `before`, to their parents. */
  function assertWhole(
    channels: readonly ChannelRow[],
    list: readonly Deploy[],
    before: number,
    full: boolean,
  ) {
    const next = new Map(
      channels.map(({ id, name, head }) => {
        const parent = head !== null && head < before ? head : parentAfter.get(id, before);
        return [name, parent ?? null];
      }),
    );
    for (const { number, channel, parent } of list) {
      const expected = next.get(channel) ?? null;
      // Before the base only deploys with tags are kept.
      const isKept = expected !== null && number < expected && isCollected(channel, expected);
      if (expected !== number && !isKept) throw damagedRow(`the deploy of ${channel} before ${before}`);
      next.set(channel, parent);
    }
    const last = full ? list.at(-1)!.number : 0;
    for (const [name, number] of next) {
      // A parent may have been collected.
      if (number !== null && number > last && exists.get(number) !== undefined) {
        throw damagedRow(`deploy ${number} of ${name}`);
      }
    }
  }

  const list: DeployRows['list'] = ({ channel, before = Number.MAX_SAFE_INTEGER, limit = DEPLOYS_LIMIT }) => {
    const channels = rows.channels().filter(({ name }) => channel === undefined || name === channel);
    if (channels.length === 0) return [];
    const found =
      channel === undefined ? page.all(before, limit) : pageOfChannel.all(channels[0]!.id, before, limit);
    const deploys = found.map(checked);
    if (limit > 0) assertWhole(channels, deploys, before, deploys.length === limit);
    return deploys;
  };

  return {
    byNumber,
    ofManifest(channel, manifest) {
      const number = newest.get(hashKey(manifest), channel);
      const deploy = number === undefined ? null : byNumber(number);
      if (deploy !== null && deploy.manifest !== manifest) throw damagedRow(`deploy ${deploy.number}`);
      return deploy;
    },
    list,
    ofCommits: (first, last, limit) =>
      newestOfCommits.all(first, last, limit).map((number) => {
        const deploy = byNumber(number);
        const { commit = null } = deploy ?? {};
        if (deploy === null || commit === null || commit < first || commit > last)
          throw damagedRow(`deploy ${number}`);
        return deploy;
      }),
    upTo(channel, time) {
      for (let before = Number.MAX_SAFE_INTEGER; ;) {
        const deploys = list({ channel, before });
        const found = deploys.find((deploy) => deploy.time <= time);
        if (found !== undefined || deploys.length === 0) return found ?? null;
        before = deploys.at(-1)!.number;
      }
    },
  };
}
