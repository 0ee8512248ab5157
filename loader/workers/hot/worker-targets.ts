import { withoutDeploy } from '../../../importmap/deploy-url.js';
import { linkForWorker } from '../../../importmap/link.js';
import { moduleAt, type SiteModule } from '../../../importmap/site.js';
import type { Hash } from '../../../schema/hash.js';
import { EMPTY_MANIFEST, type Manifest } from '../../../schema/manifest.js';
import type { BlobPool } from '../../cache/blob-pool.js';
import type { ScopeDeploy } from '../../hot/ports.js';
import { CSS_TYPE } from '../../linking/media-types.js';
import type { WorkerResolver } from '../worker-resolver.js';

export interface WorkerTargetsOptions {
  readonly root: string;
  readonly resolver: WorkerResolver;
  readonly blobPool: Pick<BlobPool, 'get'>;
  /** URL of the script that defines `__modcast__`. */
  readonly runtime: string;
}

interface Target {
  readonly target: string | undefined;
  readonly hash: Hash;
}

/**
 * Where a worker loads modules from. A module of its first deploy has a URL that names the deploy, as if an
 * import map had a rule for it. Later instances have blob URLs.
 */
export class WorkerTargets implements Pick<
  ScopeDeploy['linker']['importTargets'],
  keyof ScopeDeploy['linker']['importTargets']
> {
  readonly #options: WorkerTargetsOptions;
  #first: Manifest = EMPTY_MANIFEST;
  /** Targets that have taken the place of those of the first deploy, by natural URL. */
  readonly #adopted = new Map<string, Target>();
  /** Natural URLs by blob URL. Errors may name one that has been replaced. */
  readonly #urls = new Map<string, string>();

  constructor(options: WorkerTargetsOptions) {
    this.#options = options;
  }

  /** @param first of the deploy in which the worker started */
  begin(first: Manifest): void {
    this.#first = first;
  }

  isInstalled = (url: string): boolean => this.#adopted.has(url) || this.#inFirst(url) !== undefined;

  targetOf = (url: string): string | undefined => {
    const adopted = this.#adopted.get(url);
    if (adopted !== undefined) return adopted.target;
    return this.#inFirst(url) === undefined ? undefined : this.#options.resolver.inDeploy(url);
  };

  hashOf = (url: string): Hash | undefined => this.#adopted.get(url)?.hash ?? this.#inFirst(url)?.hash;

  urlOf = (target: string): string | undefined => this.#urls.get(target);

  /** The server links modules of the first deploy. */
  prepare(): void {}

  create(module: SiteModule): string | undefined {
    const { blobPool, resolver, runtime } = this.#options;
    const blob = blobPool.get(module.hash);
    // A worker has no style sheets.
    if (blob === undefined || module.type === CSS_TYPE) return undefined;
    const { bytes, links } = blob;
    const { url, type } = module;
    const written = (specifier: string) => resolver.written(specifier, url);
    const parts = links === null ? [bytes] : linkForWorker(bytes, links, { url, written, runtime });
    const target = URL.createObjectURL(new Blob(parts as BlobPart[], { type }));
    this.#urls.set(target, url);
    return target;
  }

  adopt(url: string, target: string | undefined, hash: Hash): void {
    this.#adopted.set(url, { target, hash });
  }

  discard(target: string): void {
    URL.revokeObjectURL(target);
  }

  importMap(): null {
    return null;
  }

  /** The natural URL of a module that runs from a target. */
  naturalOf(target: string): string {
    return this.#urls.get(target) ?? withoutDeploy(target);
  }

  #inFirst(url: string): SiteModule | undefined {
    return moduleAt({ root: this.#options.root, manifest: this.#first }, url);
  }
}
