import {
  manifestBytes,
  parsePath,
  type Hash,
  type Manifest,
  type ManifestDelta,
  type ManifestModule,
  type ManifestRow,
  type Path,
} from '../../schema/index.js';
import { blake3 } from '../hash.js';
import { deployUnknown, makeDelta, type Modules } from './changes.js';
import { entryPointsFromJson, siteHash } from './entry-points.js';
import type { Connection } from './sqlite-connection.js';
import { damagedRow, soundRow } from './sqlite-sums.js';

const toModules = (rows: Iterable<ManifestRow>): Map<Path, ManifestModule> => {
  const modules = new Map<Path, ManifestModule>();
  for (const [path, hash, size, type] of rows) modules.set(path, { hash, size, type });
  return modules;
};

interface DeployRow {
  readonly channel: number;
  readonly hash: Hash;
  readonly site: string;
  readonly siteHash: Buffer;
  readonly sound: number;
}

type CheckedRow = readonly [...ManifestRow, sound: number];

function toCheckedModules(rows: readonly CheckedRow[]): Map<Path, ManifestModule> {
  const damaged = rows.find(([, , , , sound]) => !sound);
  if (damaged !== undefined) throw damagedRow(`the version of ${damaged[0]}`);
  return toModules(rows.map(([path, hash, size, type]) => [path, hash, size, type]));
}

/** CROSS JOIN keeps the order of the tables: from the index on versions to the paths and blobs. */
const versionsWith = (columns: string) => `
  SELECT p.path, lower(hex(b.hash)), b.size, v.type${columns}
  FROM version v CROSS JOIN path p ON p.id = v.path_id CROSS JOIN blob b ON b.id = v.blob_id
  WHERE v.channel_id = $channel`;
/** For whole manifests, which are hashed. */
const VERSIONS = versionsWith('');
const CHECKED_VERSIONS = versionsWith(
  `, ${soundRow('version', 'v')} AND ${soundRow('path', 'p')} AND ${soundRow('blob', 'b')}`,
);

export interface Manifests {
  /**
   * The changed paths between two deploys of a channel (`older` < `newer`), with their modules on both sides.
   * @throws ModcastError `store-damaged`
   */
  readonly between: (channel: number, older: number, newer: number) => { before: Modules; after: Modules };
  /** As its rows say, and the hash that it should have. */
  readonly build: (number: number) => { readonly read: () => Manifest; readonly hash: Hash } | null;
  /** @throws ModcastError `store-damaged`, `path-invalid` when it does not match its hash */
  readonly manifest: (number: number) => Manifest | null;
  /** @throws ModcastError `deploy-unknown` */
  readonly delta: (from: number, to: number) => ManifestDelta;
}

/** Reads manifests from their rows. Two calls that must agree need one transaction. */
export function sqliteManifests(connection: Connection): Manifests {
  const at = connection.rows<ManifestRow>(
    `${VERSIONS} AND v.to_deploy IS NULL AND v.from_deploy <= $number
     UNION ALL ${VERSIONS} AND v.to_deploy > $number AND v.from_deploy <= $number`,
  );
  const ended = connection.rows<CheckedRow>(
    `${CHECKED_VERSIONS} AND v.to_deploy > $older AND v.to_deploy <= $newer AND v.from_deploy <= $older`,
  );
  const begun = connection.rows<CheckedRow>(
    `${CHECKED_VERSIONS} AND v.from_deploy > $older AND v.from_deploy <= $newer
     AND (v.to_deploy IS NULL OR v.to_deploy > $newer)`,
  );
  const deploy = connection.prepare<DeployRow>(
    `SELECT d.channel_id AS channel, lower(hex(d.manifest)) AS hash, s.json AS site, s.hash AS siteHash,
       ${soundRow('deploy', 'd')} AS sound
     FROM deploy d JOIN site s ON s.id = d.site_id WHERE d.number = ?`,
  );

  const build = (number: number) => {
    const row = deploy.get(number);
    if (row === undefined) return null;
    const { channel, hash, site, siteHash: named, sound } = row;
    const modules = toModules(at.all({ channel, number }));
    const read = () => ({ modules, ...entryPointsFromJson(site) });
    return { read, hash, sound: sound === 1 && siteHash(site).equals(named) };
  };
  const manifest = (number: number): Manifest | null => {
    const built = build(number);
    if (built === null) return null;
    const found = built.sound ? built.read() : null;
    if (found === null || blake3(manifestBytes(found)) !== built.hash) {
      for (const path of found?.modules.keys() ?? []) parsePath(path);
      throw damagedRow(`the manifest of deploy ${number}`);
    }
    return found;
  };
  const known = (number: number): Manifest => {
    const found = manifest(number);
    if (found === null) throw deployUnknown(number);
    return found;
  };

  return {
    between: (channel, older, newer) => ({
      before: toCheckedModules(ended.all({ channel, older, newer })),
      after: toCheckedModules(begun.all({ channel, older, newer })),
    }),
    build,
    manifest,
    delta(from, to) {
      const source = known(from);
      const target = known(to);
      return makeDelta(source.modules, target.modules, target);
    },
  };
}
