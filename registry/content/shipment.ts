import {
  EMPTY_MANIFEST,
  diffManifests,
  type FusedRun,
  type Fusion,
  type Hash,
  type Manifest,
  type ManifestDelta,
  type Path,
} from '../../schema/index.js';

/** How a deploy's modules are joined, as it is sent. */
export interface SentFusion {
  readonly fusion: Pick<Fusion, 'manifest' | 'runs'>;
  readonly hash: Hash;
  /** Bytes of the document. */
  readonly size: number;
}

/**
 * What a client needs to go from its manifest to a head: the manifests' difference, and the blobs that it
 * lacks.
 */
export interface Shipment {
  readonly delta: ManifestDelta;
  /** Blobs and runs, in the order of need. */
  readonly hashes: readonly Hash[];
  /** The number at the start of `hashes` that the page needs to boot. */
  readonly first: number;
  /** For a blob that replaces another one at its path: the replaced blob, which the client has. */
  readonly bases: ReadonlyMap<Hash, Hash>;
  /** Bytes of each of `hashes`. */
  readonly sizes: ReadonlyMap<Hash, number>;
}

/** A manifest that a client has. */
export interface Held {
  readonly hash: Hash;
  readonly manifest: Manifest;
  /** Whether the client may be sent a difference from it. Otherwise it only spares the blobs in it. */
  readonly isPublic: boolean;
  /** Its fusion, where it has one; `unknown` for one that the server has forgotten. */
  readonly fusion?: SentFusion | 'unknown' | null;
}

export interface ShipmentOptions {
  readonly to: Manifest;
  readonly have: Held | null;
  /** What the page reaches, then what all pages reach: paths of `to` in the order of need. */
  readonly first: readonly Path[];
  readonly all: readonly Path[];
  /** Null sends single modules. */
  readonly fusion: SentFusion | null;
  /** Whether the client also gets the modules that are joined in runs. */
  readonly withMembers: boolean;
}

type Joined = FusedRun & { readonly hash: Hash };

const joinedRuns = ({ runs }: Pick<Fusion, 'runs'>): Joined[] =>
  runs.filter((run): run is Joined => run.hash !== null);

/** What a client has with a manifest. */
function heldBlobs(have: Held | null, withMembers: boolean): Set<Hash> {
  if (have === null || have.fusion === 'unknown') return new Set();
  const files = have.manifest.modules;
  const held = new Set([...files.values()].map(({ hash }) => hash));
  if (!have.fusion) return held;
  const { fusion, hash } = have.fusion;
  const runs = joinedRuns(fusion);
  if (!withMembers) {
    const members = new Set(runs.flatMap((run) => run.members));
    const singles = [...files].filter(([path]) => !members.has(path));
    held.clear();
    for (const [, file] of singles) held.add(file.hash);
  }
  for (const run of runs) held.add(run.hash);
  return held.add(hash);
}

export function createShipment(options: ShipmentOptions): Shipment {
  const { to, have, first, all, fusion, withMembers } = options;
  const base = have?.isPublic === true ? have.manifest : EMPTY_MANIFEST;
  const delta = diffManifests(base, to);
  const held = heldBlobs(have, withMembers);
  const sizes = new Map<Hash, number>();
  const bases = new Map<Hash, Hash>();
  const order = new Set<Hash>();
  const add = (hash: Hash, size: number, replaced: Hash | undefined) => {
    if (held.has(hash) || order.has(hash)) return;
    order.add(hash);
    sizes.set(hash, size);
    if (replaced !== undefined && held.has(replaced)) bases.set(hash, replaced);
  };
  const before = have?.isPublic === true && have.fusion && have.fusion !== 'unknown' ? have.fusion : null;
  const runsBefore = new Map(before === null ? [] : joinedRuns(before.fusion).map((run) => [run.name, run]));
  const runOf = new Map<Path, Joined>();
  for (const run of fusion === null ? [] : joinedRuns(fusion.fusion)) {
    for (const member of run.members) runOf.set(member, run);
  }
  const addModule = (path: Path) => {
    const { hash, size } = to.modules.get(path)!;
    add(hash, size, base.modules.get(path)?.hash);
  };
  const addPiece = (path: Path) => {
    const run = runOf.get(path);
    if (run === undefined) addModule(path);
    else add(run.hash, run.size, runsBefore.get(run.name)?.hash);
  };
  if (fusion !== null) add(fusion.hash, fusion.size, before?.hash);
  for (const path of first) addPiece(path);
  const firstCount = order.size;
  for (const path of all) addPiece(path);
  if (withMembers) for (const path of all) addModule(path);
  return { delta, hashes: [...order], first: firstCount, bases, sizes };
}
