import type { Path } from '../../schema/index.js';
import type { Methods } from './methods.js';
import { hashKey } from './hash-key.js';
import type { Connection } from './sqlite-connection.js';
import { sealRow, soundRow } from './sqlite-sums.js';
import type { FileStat, FileStore } from './store.js';

export function sqliteFiles(connection: Connection): Methods<FileStore> {
  const list = connection.prepare<FileStat & { path: Path }>(
    `SELECT f.path, f.size, f.mtime, f.ctime, f.inode, lower(hex(f.hash)) AS hash
     FROM directory d JOIN file f ON f.directory_id = d.id
     WHERE d.id = (SELECT id FROM directory WHERE name = $name) AND +d.name = $name
       AND ${soundRow('directory', 'd')} AND ${soundRow('file', 'f')}`,
  );
  const addDirectory = connection.prepare('INSERT INTO directory (name) VALUES (?) ON CONFLICT DO NOTHING');
  const directoryId = connection.pluck<number>('SELECT id FROM directory WHERE name = ?');
  const remove = connection.prepare('DELETE FROM file WHERE directory_id = ? AND path = ?');
  const put = connection.prepare(
    `REPLACE INTO file (directory_id, path, size, mtime, ctime, inode, hash, sum)
     VALUES ($id, $path, $size, $mtime, $ctime, $inode, $hash,
       checksum($id, $path, $size, $mtime, $ctime, $inode, $hash))`,
  );
  const seal = connection.prepare(sealRow('directory'));

  return {
    // A damaged state is left out: that file is read again.
    files: (name) => new Map(list.all({ name }).map(({ path, ...stat }) => [path, stat])),
    // States that a power failure loses are read again.
    putFiles: connection.writingBehind((directory, change) => {
      const { changes, lastInsertRowid } = addDirectory.run(directory);
      if (changes > 0) seal.run(lastInsertRowid);
      const id = directoryId.get(directory);
      for (const path of change.delete) remove.run(id, path);
      for (const [path, stat] of change.set) {
        put.run({ id, path, ...stat, hash: hashKey(stat.hash) });
      }
    }),
  };
}
