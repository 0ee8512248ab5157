/**
 * The database's schema as a list of steps: the first makes an empty database version 1, each further one
 * makes the next version. A released step never changes. All needed steps run in one transaction.
 *
 * - Names and bytes of blobs are in two tables, so that looking up names reads few pages. Both have a rowid:
 *   a table WITHOUT ROWID keeps bytes in its inner nodes and reads four times slower.
 * - `version` has a rowid too: then SQLite filters rows while it reads the index. Its indexes `start` and
 *   `end` contain both bounds for that.
 * - `version` is the module of a channel at a path, from one deploy (inclusive) to another (exclusive; null:
 *   current). Deploys are numbered across all channels, so the numbers of one channel are in order too. The
 *   deploys in `version` and `deploy.parent` are not foreign keys: they stay valid when those deploys are
 *   collected.
 * - `registry` holds three copies of one random text, so that damage to one neither changes the identity nor
 *   goes unnoticed.
 * - `base` is the deploy of a channel before which the collector has kept only deploys with tags.
 * - `sum` is a checksum of the row, see SUMMED in sqlite-sums.ts.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE blob (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    size INTEGER NOT NULL,
    links BLOB
  ) STRICT;

  CREATE TABLE content (
    blob_id INTEGER PRIMARY KEY REFERENCES blob (id) ON DELETE CASCADE,
    bytes BLOB NOT NULL
  ) STRICT;

  CREATE TABLE path (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE channel (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    head INTEGER REFERENCES deploy (number)
  ) STRICT;

  CREATE TABLE site (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    json TEXT NOT NULL
  ) STRICT;

  CREATE TABLE deploy (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    channel_id INTEGER NOT NULL REFERENCES channel (id),
    manifest BLOB NOT NULL CHECK (length(manifest) = 32),
    site_id INTEGER NOT NULL REFERENCES site (id),
    time INTEGER NOT NULL,
    author TEXT NOT NULL,
    message TEXT NOT NULL,
    parent INTEGER,
    git_commit TEXT,
    added INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    modules INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX deploy_of_channel ON deploy (channel_id);
  CREATE INDEX deploy_of_manifest ON deploy (manifest, channel_id);
  CREATE INDEX deploy_of_site ON deploy (site_id);

  CREATE TABLE version (
    id INTEGER PRIMARY KEY,
    path_id INTEGER NOT NULL REFERENCES path (id),
    channel_id INTEGER NOT NULL REFERENCES channel (id),
    from_deploy INTEGER NOT NULL,
    to_deploy INTEGER CHECK (to_deploy > from_deploy),
    blob_id INTEGER NOT NULL REFERENCES blob (id),
    type TEXT NOT NULL,
    UNIQUE (path_id, channel_id, from_deploy)
  ) STRICT;
  CREATE UNIQUE INDEX version_open ON version (channel_id, path_id) WHERE to_deploy IS NULL;
  CREATE INDEX version_start ON version (channel_id, from_deploy, to_deploy);
  CREATE INDEX version_end ON version (channel_id, to_deploy, from_deploy);
  CREATE INDEX version_of_blob ON version (blob_id, channel_id, to_deploy);

  CREATE TABLE directory (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE file (
    directory_id INTEGER NOT NULL REFERENCES directory (id),
    path TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime TEXT NOT NULL,
    inode TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (directory_id, path)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE lease (
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    owner TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (hash, owner)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX lease_of_owner ON lease (owner);

  CREATE TABLE token (
    id TEXT PRIMARY KEY,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    scope TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    note TEXT NOT NULL,
    revoked INTEGER
  ) STRICT;
  `,
  `
  CREATE TABLE registry (
    copy INTEGER PRIMARY KEY CHECK (copy BETWEEN 1 AND 3),
    identity TEXT NOT NULL CHECK (length(identity) = 32)
  ) STRICT;
  INSERT INTO registry VALUES (1, lower(hex(randomblob(16))));
  INSERT INTO registry SELECT copy + 1, identity FROM registry WHERE copy = 1;
  INSERT INTO registry SELECT copy + 2, identity FROM registry WHERE copy = 1;
  `,
  // Files without it are read again.
  `ALTER TABLE file ADD COLUMN ctime TEXT NOT NULL DEFAULT '';`,
  `
  ALTER TABLE blob ADD COLUMN sum INTEGER;
  ALTER TABLE blob ADD COLUMN links_sum INTEGER;
  UPDATE blob SET sum = checksum(id, hash, size), links_sum = checksum(id, links);
  ALTER TABLE path ADD COLUMN sum INTEGER;
  UPDATE path SET sum = checksum(id, path);
  ALTER TABLE channel ADD COLUMN sum INTEGER;
  UPDATE channel SET sum = checksum(id, name, head);
  ALTER TABLE deploy ADD COLUMN sum INTEGER;
  UPDATE deploy SET sum = checksum(number, channel_id, manifest, site_id, time, author, message, parent, git_commit,
    added, changed, removed, modules, bytes);
  ALTER TABLE version ADD COLUMN sum INTEGER;
  UPDATE version SET sum = checksum(id, path_id, channel_id, from_deploy, to_deploy, blob_id, type);
  ALTER TABLE directory ADD COLUMN sum INTEGER;
  UPDATE directory SET sum = checksum(id, name);
  ALTER TABLE file ADD COLUMN sum INTEGER;
  UPDATE file SET sum = checksum(directory_id, path, size, mtime, ctime, inode, hash);
  ALTER TABLE token ADD COLUMN sum INTEGER;
  UPDATE token SET sum = checksum(id, hash, scope, created, expires, note, revoked);
  `,
  // What is in it can be made again, so it has no checksums but the hash of its bytes.
  `
  CREATE TABLE derived (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key BLOB NOT NULL CHECK (length(key) = 32),
    version TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    needs BLOB NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (kind, key)
  ) STRICT;
  CREATE INDEX derived_of_hash ON derived (hash);
  `,
  `
  CREATE TABLE tag (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    deploy INTEGER NOT NULL REFERENCES deploy (number),
    time INTEGER NOT NULL,
    author TEXT NOT NULL,
    message TEXT NOT NULL,
    sum INTEGER
  ) STRICT;
  CREATE INDEX tag_of_deploy ON tag (deploy);

  CREATE TABLE base (
    channel_id INTEGER PRIMARY KEY REFERENCES channel (id),
    deploy INTEGER NOT NULL,
    sum INTEGER
  ) STRICT;
  CREATE INDEX deploy_of_commit ON deploy (git_commit, channel_id) WHERE git_commit IS NOT NULL;
  `,
];
