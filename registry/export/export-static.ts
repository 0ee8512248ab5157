import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { placeholderRoot } from '../../importmap/index.js';
import {
  encodePackHeader,
  isModuleType,
  manifestBytes,
  pathToUrl,
  type Hash,
  type Manifest,
  type ManifestModule,
  type Path,
} from '../../schema/index.js';
import { VerifiedBlobs } from '../content/verified-blobs.js';
import { Catalog } from '../content/catalog.js';
import { DEFAULT_FILTER, compileFilter, openDirectory, walk, withTransforms } from '../ingest/files.js';
import { sendable } from '../content/derived-blobs.js';
import { linkedModule } from '../content/linked-module.js';
import { EarlyUses } from '../pages/classic-scripts.js';
import { loaderPage, loaderVersion, scriptIntegrity } from '../pages/loader-page.js';
import { DeployPackageMaps } from '../packages/deploy-package-map.js';
import { moduleKind, servedType } from '../content/media-type.js';
import { Packs } from '../content/packs.js';
import { readGuard, readLoader, withIdentity, type LoaderName } from '../pages/read-loader.js';
import type { Deploy, Store } from '../store/store.js';
import { createServed } from '../transform/create-served.js';
import type { Transform } from '../transform/transform.js';
import { manifestBlobs, readDeploy, type ExportOptions, type Exported } from './export-deploy.js';
import { fusedFiles, type FusedFiles } from './fused-files.js';
import { writeFiles } from './write-files.js';

export interface ExportStaticOptions extends ExportOptions {
  /** URL path of the exported site. Starts and ends with "/". */
  readonly base: string;
  /** The site's directory, for assets that are not in the deploy. Null: copy none. */
  readonly assets: string | null;
  /** Join modules into runs. Experimental. Default false. */
  readonly fuse?: boolean;
  /** Those of the site's author. Default: none. */
  readonly transforms?: readonly Transform[];
  readonly loader?: (name: LoaderName) => Promise<Uint8Array>;
}

/** Directory of the registry's own files, in the exported site. */
const PREFIX = '-/';

/** Written once, at its path: pages and modules ask for it there. */
const isAsset = ({ type }: ManifestModule): boolean => !isModuleType(type) && type !== 'text/html';

/** All paths of a static export: the site's files and the answers of a server. */
function staticPaths(
  { number, channel, manifest: hash }: Deploy,
  manifest: Manifest,
  scripts: readonly string[],
): Path[] {
  const paths = new Set<Path>();
  for (const [path, module] of manifest.modules) {
    paths.add(path);
    if (isAsset(module)) continue;
    paths.add(`${PREFIX}blobs/${module.hash}`);
    paths.add(`${PREFIX}deploys/${number}/at/${path}`);
    if (moduleKind(servedType(path, module.type)) !== undefined)
      paths.add(`${PREFIX}modules/${module.hash}/${path}`);
  }
  return [
    ...paths,
    ...scripts.map((name) => `${PREFIX}${name}`),
    `${PREFIX}channels/${channel}/head.json`,
    `${PREFIX}channels/${channel}/manifest.json`,
    `${PREFIX}deploys/${number}/manifest.json`,
    `${PREFIX}packs/${hash}.pack`,
  ];
}

/** What the site's entries import, in the order in which pages need it, as one pack. */
async function sitePack(
  store: Store,
  deploy: Deploy,
  manifest: Manifest,
  fused: FusedFiles | null,
  root: string,
): Promise<Uint8Array> {
  const { channel } = deploy;
  const blobs = new VerifiedBlobs({ store, channel, directory: null, onDamaged: () => {} });
  const { hashes, sizes } = await new Catalog(store, blobs, root).shipment({ deploy, manifest }, null, [], {
    fusion: fused?.fusion ?? null,
    withMembers: false,
  });
  const packs = new Packs(
    sendable(blobs, async (hash) => fused?.bytes.get(hash)),
    { cacheBytes: 0 },
  );
  const { segments } = packs.plan(hashes, (hash) => sizes.get(hash)!, hashes.length);
  const parts: Uint8Array[] = [encodePackHeader(hashes.length)];
  for (const segment of segments) parts.push(await packs.segment(segment));
  return Buffer.concat(parts);
}

/**
 * Images, fonts and other files that the deploy of a watched directory does not contain. Files that it could
 * contain and does not are not part of the site.
 *
 * @throws ModcastError `directory-invalid`
 */
async function listAssets(
  directory: string,
  manifest: Manifest,
  transforms: readonly Transform[],
): Promise<{ root: string; paths: Path[] }> {
  const root = await openDirectory(directory);
  const kept = compileFilter(withTransforms(DEFAULT_FILTER, transforms));
  const { files } = await walk(root, { include: ['**/*'], exclude: DEFAULT_FILTER.exclude });
  return { root, paths: files.filter((file) => !kept(file) && !manifest.modules.has(file)) };
}

const json = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value)}\n`);

/**
 * Writes everything that a page needs to boot from a static file host: the site's files, its pages with the
 * loader injected, and under `-/` the answers of a registry. Except for the pages, the loaders and the files
 * in `channels/`, a file never changes under its name, so a later export may use the same directory.
 *
 * @throws ModcastError as `exportDeploy`
 */
export async function exportStatic(options: ExportStaticOptions): Promise<Exported> {
  const { directory, force, base, transforms = [], progress = () => {} } = options;
  const served = createServed({ store: options.store, base, mode: 'production', transforms });
  const { store } = served;
  const { deploy, manifest } = await readDeploy(store, options.deploy);
  const { number, channel } = deploy;
  const root = placeholderRoot(base);
  const identity = await store.identity();
  const fused = options.fuse === true ? await fusedFiles(served, deploy, manifest, PREFIX) : null;
  // Pages that are not of the deploy may have tags of their own, without a guard.
  const names: LoaderName[] = fused === null ? ['loader.js'] : ['loader.js', 'fused-loader.js'];
  const scripts = new Map<LoaderName, Uint8Array>();
  for (const name of names)
    scripts.set(name, withIdentity(await (options.loader ?? readLoader)(name), identity));
  const [standalone, loader = standalone!] = names.map((name) => {
    const bytes = scripts.get(name)!;
    return { src: `${base}${PREFIX}${name}?v=${loaderVersion(bytes)}`, integrity: scriptIntegrity(bytes) };
  });
  const page = {
    loader,
    standalone: standalone!,
    guard: await readGuard(),
    data: {
      registry: identity,
      channel,
      socket: 'off',
      deploy: [number, deploy.manifest, ...(fused === null ? [] : [fused.fusion.hash])].join(' '),
      ...(base === '/' ? {} : { root: base }),
    },
  };
  const assets = options.assets === null ? null : await listAssets(options.assets, manifest, transforms);
  const derived = [...(fused?.files ?? [])].map(([path, body]) => [PREFIX + path, body] as const);
  const paths = [
    ...staticPaths(deploy, manifest, names),
    ...derived.map(([path]) => path),
    ...(assets?.paths ?? []),
  ];
  const total = paths.length;
  let done = 0;
  let bytes = 0;
  const bytesOf = async (hash: Hash) => (await store.blobs([hash]))[0]?.bytes;
  const earlyUses = new EarlyUses(bytesOf, root);
  const packages = await new DeployPackageMaps(bytesOf, root).of(manifest);
  await writeFiles({
    directory,
    force,
    paths,
    files: async (put) => {
      const write = async (path: Path, body: Uint8Array) => {
        await put(path, body);
        bytes += body.length;
        progress({ done: ++done, total });
      };
      for await (const { blob, paths: own } of manifestBlobs(store, manifest)) {
        const modules = own.filter((path) => !isAsset(manifest.modules.get(path)!));
        if (modules.length > 0) await write(`${PREFIX}blobs/${blob.hash}`, blob.bytes);
        for (const path of own) {
          const isPage = manifest.modules.get(path)!.type === 'text/html';
          await write(
            path,
            (isPage
              ? await loaderPage(blob.bytes, path, manifest, page, earlyUses, root, packages)
              : undefined) ?? blob.bytes,
          );
          if (!modules.includes(path)) continue;
          await write(`${PREFIX}deploys/${number}/at/${path}`, blob.bytes);
          const linked = linkedModule(
            path,
            blob,
            base + pathToUrl(path),
            servedType(path, manifest.modules.get(path)!.type),
          );
          if (linked !== undefined) await write(`${PREFIX}modules/${blob.hash}/${path}`, linked);
        }
        await setImmediate();
      }
      for (const path of assets?.paths ?? []) await write(path, await readFile(join(assets!.root, path)));
      for (const [path, body] of derived) await write(path, body);
      const canonical = manifestBytes(manifest);
      for (const [name, script] of scripts) await write(`${PREFIX}${name}`, script);
      await write(
        `${PREFIX}channels/${channel}/head.json`,
        json({ deploy: number, manifest: deploy.manifest }),
      );
      await write(`${PREFIX}channels/${channel}/manifest.json`, canonical);
      await write(`${PREFIX}deploys/${number}/manifest.json`, canonical);
      await write(
        `${PREFIX}packs/${deploy.manifest}.pack`,
        await sitePack(store, deploy, manifest, fused, root),
      );
    },
  });
  return { deploy, files: total, bytes };
}
