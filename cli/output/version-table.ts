import { STATUS_LETTERS, type DeployTags, type ModuleEntry } from '../../registry/history/index.js';
import type { Path } from '../../schema/index.js';
import type { Io } from '../io.js';
import { formatTime, type TimeStyle } from '../options/time-style.js';
import { formatPaths } from './changes.js';
import { decoration } from './deploy.js';
import { formatBytes } from './format.js';
import { formatTable } from './table.js';

const signed = (bytes: number): string =>
  bytes === 0 ? '·' : `${bytes > 0 ? '+' : '-'}${formatBytes(Math.abs(bytes))}`;

const lineCounts = ({ lines }: ModuleEntry): string =>
  lines === null ? 'binary' : `+${lines.added} -${lines.deleted}`;

const messageOf = ({ number, deploy }: ModuleEntry, tags: DeployTags): string[] => {
  const text = `${decoration(number, tags)}${deploy?.message.split('\n', 1)[0] ?? ''}`.trimEnd();
  return text === '' ? [] : [text];
};

/** The versions of a module as a table, in the given order. */
export function versionTable(
  io: Io,
  path: Path,
  entries: readonly ModuleEntry[],
  { time, tags }: { readonly time: TimeStyle; readonly tags: DeployTags },
): string {
  const { dim, yellow, green, red } = io.colours;
  const moved = entries.some(({ change }) => change.path !== path || change.oldPath !== null);
  return formatTable(
    [
      { title: 'deploy', align: 'right', paint: yellow },
      { title: 'last', align: 'right', paint: dim, optional: true },
      { title: '' },
      { title: 'hash', paint: dim, whole: true, expendable: true },
      { title: 'size', align: 'right', optional: true },
      { title: 'change', align: 'right', optional: true },
      {
        title: 'lines',
        expendable: true,
        align: 'right',
        paint: (text) => text.replace(/\+\d+/, green).replace(/-\d+/, red),
      },
      { title: 'when', whole: true },
      { title: 'who', optional: true },
      { title: moved ? 'path, message' : 'message', shrinks: true },
    ],
    entries.map((entry) => [
      String(entry.number),
      entry.change.after === null ? '' : entry.last === null ? 'head' : String(entry.last),
      STATUS_LETTERS[entry.change.status],
      (entry.change.after ?? entry.change.before)!.hash.slice(0, 10),
      formatBytes(entry.change.after?.size ?? 0),
      signed(entry.growth),
      lineCounts(entry),
      entry.deploy === null ? 'dropped' : formatTime(io, time, entry.deploy.time),
      entry.deploy?.author ?? '',
      [...(entry.change.oldPath !== null ? [formatPaths(entry.change)] : []), ...messageOf(entry, tags)].join(
        ', ',
      ),
    ]),
    io.columns,
    dim,
  );
}
