import { importsOf } from '../../../importmap/graph.js';
import type { Resolver } from '../../../importmap/resolver.js';
import type { SiteModule } from '../../../importmap/site.js';
import type { Hash } from '../../../schema/hash.js';
import type { Links } from '../../../schema/links.js';
import type { Path } from '../../../schema/path.js';

/** One instance of a module in this page. */
export interface ModuleInstance {
  /** The natural URL. */
  readonly url: string;
  readonly path: Path;
  readonly hash: Hash;
  /** The URL from which the engine loads the instance. Undefined when the browser loads it from the site. */
  readonly target: string | undefined;
  /** The name by which linked modules import the instance. Undefined for its natural URL. */
  readonly name: string | undefined;
  /** Natural URLs of the static imports. */
  readonly imports: readonly string[];
  /** Natural URLs of the `import()` calls with a literal specifier. */
  readonly dynamic: ReadonlySet<string>;
  /** Whether some `import()` has a computed specifier. Its target is known only after the call. */
  readonly computed: boolean;
}

/** Instances that were created together. */
export interface Batch {
  readonly created: ReadonlyMap<string, ModuleInstance>;
  /** The instance that ran before, for each natural URL. Undefined where none ran. */
  readonly previous: ReadonlyMap<string, ModuleInstance | undefined>;
}

/** @param links null for a module that is not JavaScript */
export function moduleInstance(
  module: SiteModule,
  links: Links | null,
  resolver: Pick<Resolver, 'resolve'>,
  target: string | undefined,
  name: string | undefined,
): ModuleInstance {
  const { url, path, hash } = module;
  const imports = importsOf(module, links, resolver);
  const computed =
    links?.list.some((link) => link.kind === 'dynamic' && link.specifier === undefined) ?? false;
  return {
    url,
    path,
    hash,
    target,
    name,
    imports: imports.static,
    dynamic: new Set(imports.dynamic),
    computed,
  };
}
