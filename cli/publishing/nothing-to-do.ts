import type { Deploy, Store } from '../../registry/store/store.js';
import { ModcastError } from '../../schema/index.js';
import type { Io } from '../io.js';
import { formatTime } from '../options/time-style.js';
import { formatTable } from '../output/table.js';

/** Deploys that are listed, the newest one included. */
const LISTED = 5;

/** A republish of a deploy whose content its channel has already. */
export interface Needless {
  /** The ref as it was given. */
  readonly ref: string;
  readonly from: Deploy;
  /** The newest deploy of the channel. */
  readonly head: Deploy;
}

/**
 * Whether a ref can never change its own channel: `production` always names the newest deploy. A number or a
 * hash can: then the channel has what was asked for, perhaps since an earlier try.
 */
const isMistake = ({ ref, from, head }: Needless): boolean =>
  from.number === head.number && ref !== String(from.number) && !from.manifest.startsWith(ref);

/**
 * Says that a channel has a content already. Where the deploy is one of the channel itself, also how to go
 * back.
 *
 * @throws ModcastError `option-invalid` for a ref that always names the newest deploy of the channel
 */
export async function reportNeedless(io: Io, store: Store, needless: Needless, json: boolean): Promise<void> {
  const { from, head } = needless;
  const isOwn = from.channel === head.channel;
  const deploys = isOwn ? await store.deploys({ channel: head.channel, limit: LISTED }) : [];
  const steps = deploys.findIndex(({ manifest }) => manifest !== head.manifest);
  const advice =
    steps === -1
      ? `No earlier deploy of ${head.channel} ${deploys.length < LISTED ? '' : `among its last ${LISTED} `}has another content`
      : `To undo it, run \`modcast rollback ${head.channel}~${steps}\``;
  if (isMistake(needless)) {
    if (!json) io.error(deployList(io, deploys));
    const message = `deploy ${head.number} is the newest one on ${head.channel}, and its content is there already. ${advice}`;
    throw new ModcastError('option-invalid', message, {
      expected: steps === -1 ? undefined : `${head.channel}~${steps}`,
      found: needless.ref,
    });
  }
  if (json) return;
  io.write(`Nothing to do: deploy ${head.number} on ${head.channel} has this content already.\n`);
  if (isOwn && from.number === head.number) io.write(`${deployList(io, deploys)}${advice}.\n`);
}

/** The deploys of one channel, newest first, by their refs. */
function deployList(io: Io, deploys: readonly Deploy[]): string {
  const { dim, yellow, cyan } = io.colours;
  return formatTable(
    [
      { title: 'ref', paint: cyan },
      { title: 'deploy', align: 'right', paint: yellow },
      { title: 'when', whole: true },
      { title: 'who', expendable: true },
      { title: 'message', shrinks: true },
    ],
    deploys.map(({ channel, number, time, author, message }, steps) => [
      steps === 0 ? channel : `${channel}~${steps}`,
      String(number),
      formatTime(io, 'relative', time),
      author,
      message.split('\n', 1)[0]!,
    ]),
    io.columns,
    dim,
  );
}
