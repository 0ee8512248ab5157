import { setImmediate } from 'node:timers/promises';
import { decodeLinks, manifestBytes, type Hash, type Hasher } from '../../schema/index.js';
import type { Methods } from './methods.js';
import { plainBytes } from './sqlite-blobs.js';
import { checkIdentity } from './sqlite-identity.js';
import type { Manifests } from './sqlite-manifests.js';
import type { Connection } from './sqlite-connection.js';
import { siteHash } from './entry-points.js';
import { SUMMED, soundLinks, soundRow, type SummedTable } from './sqlite-sums.js';
import { VERIFY_PAGE_BYTES, type CheckStore, type VerifyPage } from './store.js';

/** Runs a check. An error that it throws is a problem of the database. */
type Attempt = (what: string, work: () => void) => void;

function sqliteIntegrity(connection: Connection) {
  const { db } = connection;
  return (problems: string[], attempt: Attempt) => {
    attempt('integrity_check', () => {
      const rows = db.pragma('integrity_check') as { integrity_check: string }[];
      problems.push(...rows.map((row) => row.integrity_check).filter((text) => text !== 'ok'));
    });
    attempt('foreign_key_check', () => {
      const rows = db.pragma('foreign_key_check') as unknown[];
      problems.push(...rows.map((row) => `a row refers to a missing row: ${JSON.stringify(row)}`));
    });
  };
}

function sqliteBlobRecords(connection: Connection) {
  const records = connection.prepare<{
    hash: Hash;
    size: number;
    links: Buffer | null;
    length: number | null;
  }>(
    `SELECT lower(hex(b.hash)) AS hash, b.size, b.links, length(c.bytes) AS length
     FROM blob b LEFT JOIN content c ON c.blob_id = b.id ORDER BY b.id`,
  );
  return (problems: string[], attempt: Attempt) => {
    attempt('blobs', () => {
      for (const { hash, size, links, length } of records.iterate()) {
        if (length !== size) problems.push(`blob ${hash} has ${length ?? 'no'} bytes, not ${size}`);
        attempt(`blob ${hash}`, () => links !== null && decodeLinks(links, size));
      }
    });
  };
}

/** Rows that are not as they were written. */
function sqliteSums(connection: Connection) {
  const damaged = (Object.keys(SUMMED) as SummedTable[]).map((table) => {
    const key = { file: 't.path', blob: 'lower(hex(t.hash))' }[table as string] ?? `t.${SUMMED[table][0]}`;
    return {
      table,
      keys: connection.pluck<string | number>(
        `SELECT ${key} FROM ${table} t NOT INDEXED WHERE NOT ${soundRow(table, 't')}`,
      ),
    };
  });
  const lastNumber = connection.pluck<number>(
    `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'deploy'), 0)
       - coalesce((SELECT max(number) FROM deploy), 0)`,
  );
  const links = connection.pluck<Hash>(
    `SELECT lower(hex(b.hash)) FROM blob b NOT INDEXED WHERE NOT ${soundLinks('b')}`,
  );
  const sites = connection.prepare<{ id: number; hash: Buffer; json: string }>(
    'SELECT id, hash, json FROM site',
  );
  return (problems: string[], attempt: Attempt) => {
    for (const { table, keys } of damaged) {
      attempt(table, () => {
        for (const key of keys.iterate()) problems.push(`${table} ${key} is not as it was written`);
      });
    }
    attempt('links', () => {
      for (const hash of links.iterate())
        problems.push(`blob ${hash} has links that are not as they were written`);
    });
    attempt('site', () => {
      for (const { id, hash, json } of sites.iterate()) {
        if (!siteHash(json).equals(hash)) problems.push(`site ${id} is not as it was written`);
      }
    });
    attempt('deploy', () => {
      if (lastNumber.get() !== 0) problems.push('the next number of a deploy is not one more than the last');
    });
  };
}

function sqliteDeployRecords(connection: Connection, manifests: Manifests) {
  const deploys = connection.prepare<{ number: number; manifest: Hash }>(
    'SELECT number, lower(hex(manifest)) AS manifest FROM deploy ORDER BY number',
  );
  const wrongHeads = connection.pluck<string>(
    `SELECT name FROM channel c
     WHERE head IS NOT (SELECT max(number) FROM deploy WHERE channel_id = c.id) ORDER BY name`,
  );
  const build = connection.reading(manifests.build);

  return async (problems: string[], attempt: Attempt, hasher: Hasher) => {
    attempt('channels', () => {
      problems.push(
        ...wrongHeads.all().map((name) => `the head of channel ${name} is not its newest deploy`),
      );
    });
    let list: { number: number; manifest: Hash }[] = [];
    attempt('deploys', () => {
      list = deploys.all();
    });
    for (const { number, manifest } of list) {
      attempt(`deploy ${number}`, () => {
        const built = build(number);
        // Null: it has been collected in the meantime.
        if (built === null) return;
        const found = hasher(manifestBytes(built.read()));
        if (found !== manifest)
          problems.push(`the manifest of deploy ${number} is ${found}, not ${manifest}`);
      });
      await setImmediate();
    }
  };
}

export function sqliteCheck(connection: Connection, manifests: Manifests): Methods<CheckStore> {
  const page = connection.prepare<{ id: number; hash: Hash; bytes: Buffer | null }>(
    `SELECT b.id, lower(hex(b.hash)) AS hash, c.bytes
     FROM blob b LEFT JOIN content c ON c.blob_id = b.id WHERE b.id > ? ORDER BY b.id LIMIT ?`,
  );
  const integrity = sqliteIntegrity(connection);
  const blobRecords = sqliteBlobRecords(connection);
  const deployRecords = sqliteDeployRecords(connection, manifests);
  const sums = sqliteSums(connection);

  return {
    verifyPage(after, limit): VerifyPage {
      const blobs: { hash: Hash; bytes: Uint8Array }[] = [];
      let size = 0;
      let next: number | null = null;
      for (const { id, hash, bytes } of page.iterate(after, limit)) {
        blobs.push({ hash, bytes: bytes === null ? new Uint8Array(0) : plainBytes(bytes) });
        size += bytes?.length ?? 0;
        next = id;
        if (size >= VERIFY_PAGE_BYTES) break;
      }
      return { blobs, next };
    },
    async check(hasher) {
      const problems: string[] = [];
      const attempt: Attempt = (what, work) => {
        try {
          work();
        } catch (error) {
          if (!connection.db.open) throw error;
          problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
        }
      };
      integrity(problems, attempt);
      attempt('registry', () => problems.push(...checkIdentity(connection)));
      blobRecords(problems, attempt);
      await deployRecords(problems, attempt, hasher);
      // What follows from another problem is not listed.
      if (problems.length === 0) sums(problems, attempt);
      return problems;
    },
  };
}
