import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { copyFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRepairSource, verifyStore, type RepairSource } from '../../../../registry/verify/index.js';
import { openSqliteStore, type Store } from '../../../../registry/index.js';
import { blobOf, publish } from '../../../contract/store-fixture.js';
import { temporaryDirectory } from '../store/temporary.js';

const at = temporaryDirectory();
const B = 'import "./a.mjs";';

let store: Store;
let source: RepairSource | null;

async function fill(into: Store): Promise<void> {
  await publish(into, [
    ['a.mjs', 'a1'],
    ['lib/b.mjs', B],
    ['copy.mjs', B],
  ]);
  await publish(into, [
    ['a.mjs', 'a2'],
    ['lib/b.mjs', B],
  ]);
  await publish(into, [['b.mjs', B]], { channel: 'production' });
}

beforeEach(async () => {
  source = null;
  store = await openSqliteStore(at('a.db'));
  await fill(store);
});

afterEach(async () => {
  await source?.close();
  await store.close();
});

/** Damage of a failing disk. */
function damage(text: string, bytes: string | null): void {
  const db = new Database(at('a.db'));
  const id = db
    .prepare('SELECT id FROM blob WHERE hash = ?')
    .pluck()
    .get(Buffer.from(blobOf(text).hash, 'hex'));
  if (bytes === null) db.prepare('DELETE FROM content WHERE blob_id = ?').run(id);
  else db.prepare('UPDATE content SET bytes = ? WHERE blob_id = ?').run(Buffer.from(bytes), id);
  db.close();
}

const verify = () => verifyStore({ store, source });

const flipped = `${B.slice(0, -1)}!`;

describe('verifying a store', () => {
  test('finds nothing in an intact one, and counts every blob', async () => {
    const seen: number[] = [];
    const verified = await verifyStore({ store, source, progress: ({ blobs }) => seen.push(blobs) });
    expect(verified).toEqual({
      blobs: 3,
      bytes: B.length + 4,
      dropped: 0,
      damaged: [],
      problems: [],
      sound: true,
    });
    expect(seen.at(-1)).toBe(3);
  });

  test.each([
    ['changed', flipped],
    ['cut short', 'imp'],
    ['lost', null],
  ])('reports a blob whose bytes are %s, and its paths', async (_name, bytes) => {
    damage(B, bytes);
    const { damaged, problems, sound } = await verify();
    expect(sound).toBe(false);
    expect(problems).toEqual([]);
    expect(damaged).toEqual([
      {
        hash: blobOf(B).hash,
        found: bytes?.length ?? 0,
        repaired: false,
        carriers: expect.arrayContaining([
          { channel: 'dev', path: 'lib/b.mjs', from: 1, to: null },
          { channel: 'dev', path: 'copy.mjs', from: 1, to: 2 },
          { channel: 'production', path: 'b.mjs', from: 3, to: null },
        ]),
      },
    ]);
    expect(damaged[0]!.carriers).toHaveLength(3);
  });

  test('drops damaged items of derived data, which are made again', async () => {
    const items = ['kept', 'lost'].map((text) => {
      const { hash, bytes } = blobOf(text);
      return { kind: 'run' as const, key: hash, version: '1', hash, bytes, needs: [] };
    });
    await store.putDerived(items);
    const db = new Database(at('a.db'));
    db.prepare("UPDATE derived SET bytes = x'00' WHERE key = ?").run(Buffer.from(items[1]!.key, 'hex'));
    db.close();
    expect(await verify()).toMatchObject({ sound: true, dropped: 1, damaged: [], problems: [] });
    expect((await store.derivedPage(0, 9)).items).toEqual([items[0]]);
    expect(await verify()).toMatchObject({ sound: true, dropped: 0 });
  });

  test('finds the paths of a blob whose first deploy was collected', async () => {
    await store.collect({ keep: 1, olderThan: Infinity, now: 0, dryRun: false });
    damage(B, flipped);
    expect((await verify()).damaged[0]!.carriers).toContainEqual({
      channel: 'dev',
      path: 'lib/b.mjs',
      from: 1,
      to: null,
    });
  });

  test('reports a blob without a deploy', async () => {
    await store.putBlobs([blobOf('loose')]);
    damage('loose', 'x');
    expect((await verify()).damaged).toMatchObject([{ hash: blobOf('loose').hash, carriers: [] }]);
  });

  test('reports a changed manifest', async () => {
    const db = new Database(at('a.db'));
    db.exec(`UPDATE version SET type = 'text/css' WHERE from_deploy = 2`);
    db.close();
    expect(await verify()).toMatchObject({
      damaged: [],
      problems: [expect.stringMatching(/^the manifest of deploy 2 is /)],
      sound: false,
    });
  });

  test('repairs bytes and links from another database', async () => {
    const other = await openSqliteStore(at('backup.db'));
    await fill(other);
    await other.close();
    damage(B, null);
    damage('a1', 'xx');
    source = await openRepairSource(at('backup.db'));
    const first = await verify();
    expect(first.damaged.map(({ repaired }) => repaired)).toEqual([true, true]);
    expect(first).toMatchObject({ sound: true, problems: [] });
    expect(await verify()).toMatchObject({ damaged: [], sound: true });
    const [blob] = await store.blobs([blobOf(B).hash]);
    expect(Buffer.from(blob!.bytes).toString()).toBe(B);
    expect(blob!.links?.list).toMatchObject([{ kind: 'static', specifier: './a.mjs' }]);
  });

  describe.each<[string, (links: Buffer) => Buffer]>([
    ['links-bit-flip', (links) => Buffer.from(links.toString('latin1').replace('./a', './c'), 'latin1')],
    ['undecodable links', () => Buffer.from([9])],
    ['omitted links', () => Buffer.from([0, 0])],
    ['links that say the module does not parse', () => Buffer.from([1, 0])],
  ])('%s', (_, changed) => {
    beforeEach(() => {
      const db = new Database(at('a.db'));
      const key = Buffer.from(blobOf(B).hash, 'hex');
      const links = db.prepare<[Buffer], Buffer>('SELECT links FROM blob WHERE hash = ?').pluck().get(key)!;
      db.prepare('UPDATE blob SET links = ? WHERE hash = ?').run(changed(links), key);
      db.close();
    });

    test('is reported, with the paths of the blob', async () => {
      const { damaged, problems, sound } = await verify();
      expect(sound).toBe(false);
      expect(problems).toEqual([]);
      expect(damaged).toMatchObject([
        { hash: blobOf(B).hash, found: B.length, links: true, repaired: false },
      ]);
      expect(damaged[0]!.carriers).toHaveLength(3);
    });

    test('is repaired from the bytes, whatever the source has', async () => {
      await (await openSqliteStore(at('empty.db'))).close();
      source = await openRepairSource(at('empty.db'));
      expect(await verify()).toMatchObject({ sound: true, damaged: [{ links: true, repaired: true }] });
      expect(await verify()).toMatchObject({ sound: true, damaged: [] });
      expect((await store.blobs([blobOf(B).hash]))[0]).toEqual(blobOf(B));
    });
  });

  test('does not take damaged bytes from a source', async () => {
    const other = await openSqliteStore(at('backup.db'));
    await other.putBlobs([{ ...blobOf(B), bytes: new TextEncoder().encode(flipped) }]);
    await other.close();
    damage(B, 'x');
    source = await openRepairSource(at('backup.db'));
    expect(await verify()).toMatchObject({ sound: false, damaged: [{ repaired: false }] });
  });

  test('does not create a missing source database', async () => {
    await expect(openRepairSource(at('none.db'))).rejects.toMatchObject({ code: 'database-missing' });
  });
});

describe('rows that are not as they were written', () => {
  const at = temporaryDirectory();
  const file = () => at('own.db');
  const TOKEN = { id: 'a1', hash: '1'.repeat(64), scope: ['read'], created: 1, expires: null, note: 'n' };

  beforeEach(async () => {
    const own = await openSqliteStore(file());
    await fill(own);
    await own.putToken(TOKEN);
    await own.revokeToken(TOKEN.id, 7);
    await own.close();
    await copyFile(file(), at('copy.db'));
  });

  const alter = (sql: string): void => {
    const db = new Database(file());
    db.pragma('foreign_keys = OFF');
    db.exec(sql);
    db.close();
  };
  const checked = async (repairFrom?: string) => {
    const own = await openSqliteStore(file());
    const from = repairFrom === undefined ? null : await openRepairSource(repairFrom);
    const verified = await verifyStore({ store: own, source: from, database: file() });
    await from?.close();
    await own.close();
    return verified;
  };
  const read = async <T>(ask: (own: Store) => Promise<T>): Promise<T> => {
    const own = await openSqliteStore(file());
    return ask(own).finally(() => own.close());
  };

  test.each<[string, string, (own: Store) => Promise<unknown>]>([
    ['a message', `UPDATE deploy SET message = 'x' WHERE number = 2`, (own) => own.deploy(2)],
    ['an author', `UPDATE deploy SET author = 'eve' WHERE number = 1`, (own) => own.deploys()],
    ['a time', `UPDATE deploy SET time = 5000 WHERE number = 1`, (own) => own.deployAt('dev', 2000)],
    ['a parent', `UPDATE deploy SET parent = NULL WHERE number = 2`, (own) => own.deploys()],
    ['a deploy that is gone', `DELETE FROM deploy WHERE number = 2`, (own) => own.deploys()],
    ['a channel', `UPDATE channel SET name = 'deV' WHERE name = 'dev'`, (own) => own.channels()],
    ['a path', `UPDATE path SET path = 'x.mjs' WHERE path = 'a.mjs'`, (own) => own.changes(2)],
    [
      'the end of a version',
      `UPDATE version SET to_deploy = 3 WHERE to_deploy = 2`,
      (own) => own.versions('dev', 'a.mjs'),
    ],
    ['a version that is gone', `DELETE FROM version WHERE from_deploy = 2`, (own) => own.changes(2)],
    [
      'a blob’s hash',
      `UPDATE blob SET hash = x'${'ab'.repeat(32)}' WHERE id = 1`,
      (own) => own.versions('dev', 'a.mjs'),
    ],
    ['a blob that is gone', `DELETE FROM blob WHERE id = 1`, (own) => own.versions('dev', 'a.mjs')],
    ['a blob’s size', `UPDATE blob SET size = 3 WHERE id = 1`, (own) => own.manifest(1)],
    ['a token’s scope', `UPDATE token SET scope = '["publish:*"]'`, (own) => own.token(TOKEN.id)],
    ['a token’s revocation', `UPDATE token SET revoked = NULL`, (own) => own.tokens()],
    ['the entries', `UPDATE site SET json = replace(json, '[]', '["a.mjs"]')`, (own) => own.manifest(1)],
  ])('%s: it is not read, reported, and repaired from a copy only', async (_, sql, ask) => {
    const right = await read(ask);
    alter(sql);
    await expect(read(ask)).rejects.toMatchObject({ code: 'store-damaged' });
    expect(await checked()).toMatchObject({ sound: false });
    await openSqliteStore(at('other.db')).then(async (other) => fill(other).then(() => other.close()));
    expect(await checked(at('other.db'))).toMatchObject({ sound: false });
    const repaired = await checked(at('copy.db'));
    expect(repaired).toMatchObject({ sound: true, problems: [] });
    expect(await checked()).toMatchObject({ sound: true });
    expect(await read(ask)).toEqual(right);
    expect(await read((own) => own.token(TOKEN.id))).toEqual({ ...TOKEN, revoked: 7 });
  });

  test('a store that is open reads the repaired rows', async () => {
    alter(`UPDATE deploy SET message = 'x' WHERE number = 2`);
    const own = await openSqliteStore(file());
    await checked(at('copy.db'));
    expect(await own.deploy(2)).toMatchObject({ message: '' });
    await own.close();
  });
});

describe('repairing from a registry', () => {
  let server: Server;
  let url: string;
  let asked: string[];
  let answer: Buffer | undefined;

  beforeEach(async () => {
    asked = [];
    answer = Buffer.from(B);
    server = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization ?? ''}`.trim());
      if (answer === undefined) response.writeHead(404).end();
      else response.end(answer);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    damage(B, 'x');
  });

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
  });

  test('requests the damaged blob with the token, and takes it if the hash matches', async () => {
    source = await openRepairSource(url, { token: 'secret' });
    expect(await verify()).toMatchObject({ sound: true });
    expect(asked).toEqual([`/-/blobs/${blobOf(B).hash} Bearer secret`]);
  });

  test('accepts the prefix of a registry', async () => {
    source = await openRepairSource(`${url}/-/`);
    expect(await verify()).toMatchObject({ sound: true });
    expect(asked).toEqual([`/-/blobs/${blobOf(B).hash}`]);
  });

  test.each([
    ['has something else', Buffer.from(flipped)],
    ['does not have it', undefined],
  ])('leaves the damage when the registry %s', async (_name, given) => {
    answer = given;
    source = await openRepairSource(url);
    expect(await verify()).toMatchObject({ sound: false, damaged: [{ repaired: false }] });
  });

  test('reports that there is no answer', async () => {
    const closed = once(server, 'close');
    server.close();
    await closed;
    source = await openRepairSource(url);
    await expect(verify()).rejects.toMatchObject({ code: 'server-unreachable' });
  });
});
