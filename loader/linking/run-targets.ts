import { isPlaceOfUrl, moduleKey, runKey, type FusedRun } from '../../schema/fusion.js';
import { pathToUrl, type Path } from '../../schema/path.js';
import type { BlobPool } from '../cache/blob-pool.js';
import { DATA_BYTES } from './choose-target.js';
import type { FusedModules, Needed } from '../../importmap/fused-modules.js';
import { JAVASCRIPT } from './media-types.js';
import { createModuleUrl, type UrlKind } from './module-url.js';

export interface RunTargetsOptions {
  readonly fused: FusedModules;
  readonly blobPool: Pick<BlobPool, 'get'>;
  /** The registry's prefix as a URL. */
  readonly prefix: string;
  /** How the page takes linked modules. */
  readonly kind: UrlKind;
  /** The target of a natural URL; undefined leaves it to the site. */
  readonly targetOf: (url: string) => string | undefined;
}

/** Where the import map sends the keys by which runs import each other, and single modules. */
export class RunTargets {
  readonly #options: RunTargetsOptions;
  readonly #targets = new Map<FusedRun, string>();
  /** The URL by which texts of the browser name each run, by its target. */
  readonly #urls = new Map<string, string>();
  readonly #modules = new Set<Path>();
  readonly #created = new Set<Needed>();
  readonly #installed = new Set<string>();
  /** Members of the runs in use, and the bytes of these. */
  count = 0;
  bytes = 0;

  constructor(options: RunTargetsOptions) {
    this.#options = options;
  }

  /** Makes a member's facade, and all that it imports. */
  create(path: Path): string {
    const { fused, kind } = this.#options;
    const needed = fused.needed(path);
    if (!this.#created.has(needed)) {
      this.#created.add(needed);
      for (const run of needed.runs) {
        if (this.#targets.has(run)) continue;
        fused.use(run);
        this.#targets.set(run, this.#createRun(run));
      }
      for (const module of needed.modules) this.#modules.add(module);
    }
    return createModuleUrl(kind, [fused.facade(path)], JAVASCRIPT);
  }

  /** The URL of a run that a target holds. */
  urlOf(target: string): string | undefined {
    return this.#urls.get(target);
  }

  /** The rules that are not installed yet. */
  rules(): Record<string, string> {
    const { fused, targetOf } = this.#options;
    const rules: Record<string, string> = {};
    const add = (key: string, target: string) => {
      if (this.#installed.has(key)) return;
      this.#installed.add(key);
      rules[key] = target;
    };
    for (const [{ name }, target] of this.#targets) add(runKey(name), target);
    for (const path of this.#modules) {
      if (isPlaceOfUrl(path)) continue;
      const url = fused.urlOf(path);
      add(moduleKey(path), targetOf(url) ?? url);
    }
    return rules;
  }

  #createRun(run: FusedRun): string {
    const { fused, blobPool, kind, prefix } = this.#options;
    if (fused.isRefused(run)) return createModuleUrl(kind, [fused.standIn(run)], JAVASCRIPT);
    const blob = blobPool.get(run.hash!);
    const place = `${prefix}runs/${run.hash}`;
    const url = `${place}/${pathToUrl(run.name)}`;
    if (blob === undefined) return url;
    const { bytes } = blob;
    this.count += run.members.length;
    this.bytes += bytes.length;
    const large = bytes.length > DATA_BYTES ? 'blob' : kind;
    const comments = `\n//# sourceURL=${url}\n//# sourceMappingURL=${place}.map`;
    const target = createModuleUrl(large, [bytes, comments], JAVASCRIPT);
    this.#urls.set(target, url);
    return target;
  }
}
