import { ResolvedImports, type Imports, type LinksOf } from '../../importmap/graph.js';
import type { Resolver } from '../../importmap/resolver.js';
import type { SiteModule } from '../../importmap/site.js';
import type { Hash } from '../../schema/hash.js';
import type { FusedModules } from '../../importmap/fused-modules.js';

/** The imports of a site's modules, where those that are in runs import what their runs need. */
export class FusedImports extends ResolvedImports {
  readonly #fused: FusedModules;

  constructor(resolver: Pick<Resolver, 'resolve'>, fused: FusedModules) {
    super(resolver);
    this.#fused = fused;
  }

  override of(module: SiteModule, linksOf: LinksOf): Imports | undefined {
    if (this.#fused.runOf(module) === undefined) return super.of(module, linksOf);
    return this.#fused.absent(module.path).length > 0 ? undefined : this.#fused.importsOf(module.path);
  }

  override missing(module: SiteModule): readonly Hash[] {
    if (this.#fused.runOf(module) === undefined) return super.missing(module);
    return this.#fused.absent(module.path).flatMap(({ hash }) => hash ?? []);
  }
}
