import type { Diagnostic, ManifestModule, Path } from '../../schema/index.js';
import { mediaType } from '../content/media-type.js';
import { blake3 } from '../hash.js';
import { withPackageFiles, type PackageSettings } from '../packages/packages.js';
import type { StoredBlob } from '../store/store.js';
import { NO_PACKAGES, SitePackages, type SitePackagesOptions } from './site-packages.js';

/** Files of a deploy that are made of others, and their problems. */
export interface GeneratedFiles {
  readonly files: ReadonlyMap<Path, Uint8Array>;
  readonly problems: readonly Diagnostic[];
}

/** A site, and those of its blobs that may not be in the store yet. */
export interface SiteBlobs {
  readonly modules: ReadonlyMap<Path, ManifestModule>;
  readonly blobs: readonly StoredBlob[];
}

export interface AddedFilesOptions extends Omit<SitePackagesOptions, 'settings'> {
  /**
   * Makes files of the deploy, each time. Default: none.
   * @param directory real
   */
  readonly generate?: (directory: string, modules: ReadonlyMap<Path, ManifestModule>) => GeneratedFiles;
  /** How the bare names of the site are resolved to packages. Null: they are not. Default: null. */
  readonly packages?: PackageSettings | null;
}

/**
 * The files of a deploy that its directory does not have: first what is generated, which says how sources
 * are transformed, then the packages that the transformed sources import.
 */
export class AddedFiles {
  readonly #generate: AddedFilesOptions['generate'];
  readonly #packages: SitePackages | null;
  #directory = '';

  constructor({ generate, packages: settings = null, ...options }: AddedFilesOptions) {
    this.#generate = generate;
    this.#packages = settings === null ? null : new SitePackages({ ...options, settings });
  }

  /** @param directory of the site: absolute and real */
  setDirectory(directory: string): void {
    this.#directory = directory;
    this.#packages?.setDirectory(directory);
  }

  /** Other packages may be installed. */
  forgetPackages(): void {
    this.#packages?.forget();
  }

  /** Files of linked packages outside of the site and of `node_modules`. Absolute. */
  get linkedFiles(): readonly string[] {
    return this.#packages?.linkedFiles ?? [];
  }

  /** The whole site. The files of packages are stored. */
  async addTo(
    site: SiteBlobs,
    mode: 'scan' | 'update',
  ): Promise<SiteBlobs & { readonly problems: readonly Diagnostic[] }> {
    const generated = this.#generate?.(this.#directory, site.modules);
    const modules = new Map(site.modules);
    const blobs = [...site.blobs];
    for (const [path, bytes] of generated?.files ?? []) {
      const hash = blake3(bytes);
      modules.set(path, { hash, size: bytes.length, type: mediaType(path) });
      blobs.push({ hash, bytes, links: null });
    }
    const found = (await this.#packages?.resolve(mode, modules, blobs)) ?? NO_PACKAGES;
    const problems = [...(generated?.problems ?? []), ...found.problems];
    return { modules: withPackageFiles(modules, found.modules), blobs, problems };
  }
}
