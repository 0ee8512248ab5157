import { setImmediate } from 'node:timers/promises';
import { decodeLinks, manifestBytes, type Hash, type Hasher } from '../../schema/index.js';
import type { Methods } from './methods.js';
import { plainBytes } from './sqlite-blobs.js';
import { checkIdentity } from './sqlite-identity.js';
import type { Manifests } from './sqlite-manifests.js';
import type { Connection } from './sqlite-connection.js';
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

function sqliteDeployRecords(connection: Connection, manifests: Manifests) {
  const deploys = connection.prepare<{ number: number; manifest: Hash }>(
    'SELECT number, lower(hex(manifest)) AS manifest FROM deploy ORDER BY number',
  );
  const wrongHeads = connection.pluck<string>(
    `SELECT name FROM channel c
     WHERE head IS NOT (SELECT max(number) FROM deploy WHERE channel_id = c.id) ORDER BY name`,
  );
  const manifestOf = connection.reading(manifests.manifest);

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
        const built = manifestOf(number);
        // Null: it has been collected in the meantime.
        if (built === null) return;
        const found = hasher(manifestBytes(built));
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
      return problems;
    },
  };
}
