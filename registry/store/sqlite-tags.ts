import { byCodeUnit } from '../../schema/index.js';
import { deployUnknown, tagExists, tagIsChannel } from './changes.js';
import type { Methods } from './methods.js';
import type { Connection } from './sqlite-connection.js';
import { damagedRow, sealRow, soundRow } from './sqlite-sums.js';
import type { Tag, TagStore } from './store.js';

type TagRow = Tag & { readonly id: number; readonly sound: number };

/** Reads all tags. They are few, and a damaged index hides none of them. */
export function sqliteTagRows(connection: Connection): () => TagRow[] {
  const list = connection.prepare<TagRow>(
    `SELECT t.id, t.name, t.deploy, t.time, t.author, t.message, ${soundRow('tag', 't')} AS sound
     FROM tag t NOT INDEXED`,
  );
  const count = connection.pluck<number>(
    "SELECT count(*) FROM tag INDEXED BY sqlite_autoindex_tag_1 WHERE name >= ''",
  );
  return () => {
    const rows = list.all();
    const damaged = rows.find(({ sound }) => !sound);
    if (damaged !== undefined) throw damagedRow(`tag ${damaged.name}`);
    // A damaged page could hide some from the table, but not from the index too.
    if (count.get() !== rows.length) throw damagedRow('the list of tags');
    return rows.toSorted((a, b) => byCodeUnit(a.name, b.name));
  };
}

const toTag = ({ name, deploy, time, author, message }: TagRow): Tag => ({
  name,
  deploy,
  time,
  author,
  message,
});

export function sqliteTags(connection: Connection): Methods<TagStore> {
  const rows = sqliteTagRows(connection);
  const hasDeploy = connection.pluck<1>('SELECT 1 FROM deploy WHERE number = ?');
  const hasChannel = connection.pluck<1>('SELECT 1 FROM channel WHERE name = ?');
  const insert = connection.pluck<number>(
    `INSERT INTO tag (name, deploy, time, author, message) VALUES ($name, $deploy, $time, $author, $message)
     RETURNING id`,
  );
  const move = connection.prepare(
    'UPDATE tag SET deploy = $deploy, time = $time, author = $author, message = $message WHERE id = $id',
  );
  const remove = connection.prepare('DELETE FROM tag WHERE id = ?');
  const seal = connection.prepare(sealRow('tag'));
  const find = (name: string): TagRow | undefined => rows().find((row) => row.name === name);

  return {
    putTag: connection.writing(({ name, deploy, time, author, message }, { force = false } = {}) => {
      const old = find(name);
      if (hasDeploy.get(deploy) === undefined) throw deployUnknown(deploy);
      if (hasChannel.get(name) !== undefined) throw tagIsChannel(name);
      if (old !== undefined && !force) throw tagExists(old);
      const values = { deploy, time, author, message };
      if (old !== undefined) move.run({ id: old.id, ...values });
      seal.run(old?.id ?? insert.get({ name, ...values })!);
      return old === undefined ? null : toTag(old);
    }),
    tags: connection.reading(() => rows().map(toTag)),
    deleteTag: connection.writing((name) => {
      const old = find(name);
      if (old === undefined) return null;
      remove.run(old.id);
      return toTag(old);
    }),
  };
}
