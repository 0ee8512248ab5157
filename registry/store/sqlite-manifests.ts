import type { Manifest, ManifestDelta, ManifestModule, ManifestRow, Path } from '../../schema/index.js';
import { deployUnknown, makeDelta, type Modules } from './changes.js';
import { entryPointsFromJson } from './entry-points.js';
import type { Connection } from './sqlite-connection.js';

const toModules = (rows: Iterable<ManifestRow>): Map<Path, ManifestModule> => {
  const modules = new Map<Path, ManifestModule>();
  for (const [path, hash, size, type] of rows) modules.set(path, { hash, size, type });
  return modules;
};

/** CROSS JOIN keeps the order of the tables: from the index on versions to the paths and blobs. */
const VERSIONS = `
  SELECT p.path, lower(hex(b.hash)), b.size, v.type
  FROM version v CROSS JOIN path p ON p.id = v.path_id CROSS JOIN blob b ON b.id = v.blob_id
  WHERE v.channel_id = $channel`;

export interface Manifests {
  /** The modules of a channel at one of its deploys. */
  readonly modulesAt: (channel: number, number: number) => Map<Path, ManifestModule>;
  /**
   * The changed paths between two deploys of a channel (`older` < `newer`), with their modules on both sides.
   */
  readonly between: (channel: number, older: number, newer: number) => { before: Modules; after: Modules };
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
  const ended = connection.rows<ManifestRow>(
    `${VERSIONS} AND v.to_deploy > $older AND v.to_deploy <= $newer AND v.from_deploy <= $older`,
  );
  const begun = connection.rows<ManifestRow>(
    `${VERSIONS} AND v.from_deploy > $older AND v.from_deploy <= $newer
     AND (v.to_deploy IS NULL OR v.to_deploy > $newer)`,
  );
  const deploy = connection.prepare<{ channel: number; site: string }>(
    `SELECT d.channel_id AS channel, s.json AS site FROM deploy d JOIN site s ON s.id = d.site_id
     WHERE d.number = ?`,
  );
  const modulesAt = (channel: number, number: number) => toModules(at.all({ channel, number }));

  const between = (channel: number, older: number, newer: number) => ({
    before: toModules(ended.all({ channel, older, newer })),
    after: toModules(begun.all({ channel, older, newer })),
  });
  const known = (number: number) => {
    const row = deploy.get(number);
    if (row === undefined) throw deployUnknown(number);
    return row;
  };

  return {
    modulesAt,
    between,
    manifest(number) {
      const row = deploy.get(number);
      if (row === undefined) return null;
      return { modules: modulesAt(row.channel, number), ...entryPointsFromJson(row.site) };
    },
    delta(from, to) {
      const source = known(from);
      const target = known(to);
      const site = entryPointsFromJson(target.site);
      if (source.channel !== target.channel) {
        return makeDelta(modulesAt(source.channel, from), modulesAt(target.channel, to), site);
      }
      const { before, after } = between(target.channel, Math.min(from, to), Math.max(from, to));
      return from <= to ? makeDelta(before, after, site) : makeDelta(after, before, site);
    },
  };
}
