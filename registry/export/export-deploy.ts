import {
  ModcastError,
  assertVisible,
  batchesByBytes,
  parsePath,
  type Hash,
  type Manifest,
  type Path,
} from '../../schema/index.js';
import { blake3 } from '../hash.js';
import { currentLinks } from '../ingest/module-links.js';
import type { Deploy, Store, StoredBlob } from '../store/store.js';
import { writeFiles } from './write-files.js';

export interface ExportOptions {
  readonly store: Store;
  /** Number of the deploy. */
  readonly deploy: number;
  readonly directory: string;
  /** Write into a directory that is not empty. Files of the same name are replaced, others stay. */
  readonly force: boolean;
  readonly progress?: (progress: { done: number; total: number }) => void;
}

export interface Exported {
  readonly deploy: Deploy;
  readonly files: number;
  readonly bytes: number;
}

/** Bytes of blobs that are read at once. */
const BATCH_BYTES = 16 * 1024 * 1024;

/** @throws ModcastError `deploy-unknown`, `path-invalid` for a path out of the site, or of a dotfile */
export async function readDeploy(
  store: Store,
  number: number,
): Promise<{ deploy: Deploy; manifest: Manifest }> {
  const [deploy, manifest] = await Promise.all([store.deploy(number), store.manifest(number)]);
  if (deploy === null || manifest === null) {
    throw new ModcastError('deploy-unknown', `no deploy ${number}`, { found: number });
  }
  // A damaged database could contain any path.
  for (const path of manifest.modules.keys()) parsePath(path);
  assertVisible(manifest.modules.keys());
  return { deploy, manifest };
}

/**
 * The verified blobs of a manifest in batches, with the links of their bytes, each with all of its paths.
 *
 * @throws ModcastError `blob-damaged`
 */
export async function* manifestBlobs(
  store: Store,
  manifest: Manifest,
): AsyncGenerator<{ blob: StoredBlob; paths: readonly Path[] }> {
  const paths = new Map<Hash, Path[]>();
  const sizes = new Map<Hash, number>();
  for (const [path, { hash, size }] of manifest.modules) {
    paths.set(hash, [...(paths.get(hash) ?? []), path]);
    sizes.set(hash, size);
  }
  for (const batch of batchesByBytes(paths.keys(), (hash) => sizes.get(hash)!, BATCH_BYTES)) {
    const found = new Map((await store.blobs(batch)).map((blob) => [blob.hash, blob]));
    for (const hash of batch) {
      const blob = found.get(hash);
      const own = paths.get(hash)!;
      if (blob === undefined || blake3(blob.bytes) !== hash) {
        const message = `${own[0]}: blob ${hash.slice(0, 12)} is ${blob === undefined ? 'missing' : 'damaged'}; run modcast verify`;
        throw new ModcastError('blob-damaged', message, { expected: hash, found: own });
      }
      yield { blob: { ...blob, links: await currentLinks(blob.bytes, blob.links) }, paths: own };
    }
  }
}

/**
 * Writes the unchanged files of a deploy: all or none, unless the directory is not empty.
 *
 * @throws ModcastError `deploy-unknown`, `export-occupied`, `export-collision`, `path-invalid`,
 *   `blob-damaged`
 */
export async function exportDeploy(options: ExportOptions): Promise<Exported> {
  const { store, directory, force, progress = () => {} } = options;
  const { deploy, manifest } = await readDeploy(store, options.deploy);
  const total = manifest.modules.size;
  let done = 0;
  let bytes = 0;
  await writeFiles({
    directory,
    force,
    paths: [...manifest.modules.keys()],
    files: async (write) => {
      for await (const { blob, paths } of manifestBlobs(store, manifest)) {
        for (const path of paths) await write(path, blob.bytes);
        done += paths.length;
        bytes += paths.length * blob.bytes.length;
        progress({ done, total });
      }
    },
  });
  return { deploy, files: done, bytes };
}
