import type { Hash, Links } from '../../schema/index.js';
import { isSpecial } from './imports.js';

export interface PlainModulesStore {
  links(hashes: readonly Hash[]): Promise<ReadonlyMap<Hash, Links | null>>;
}

/** What follows `import.meta` where a transform takes it. */
const META = /^\.(?:env(?![\w$])|glob\s*\()/;

/** Knows which JavaScript files have nothing that a transform takes: they are served as they were written. */
export class PlainModules {
  readonly #links: (hashes: readonly Hash[]) => Promise<ReadonlyMap<Hash, Links | null>>;
  readonly #bytesOf: (hash: Hash) => Promise<Uint8Array | undefined>;
  /** `extensions`: only in a site with a recipe it has something, a specifier without an extension. */
  readonly #known = new Map<Hash, 'plain' | 'relative' | 'special'>();

  constructor(
    links: (hashes: readonly Hash[]) => Promise<ReadonlyMap<Hash, Links | null>>,
    bytesOf: (hash: Hash) => Promise<Uint8Array | undefined>,
  ) {
    this.#links = links;
    this.#bytesOf = bytesOf;
  }

  /**
   * The modules that a transform has to look at.
   *
   * @param hasSources whether the site has TypeScript or JSX: then specifiers may leave out extensions
   */
  async others(hashes: readonly Hash[], hasSources: boolean): Promise<Set<Hash>> {
    const unknown = hashes.filter((hash) => !this.#known.has(hash));
    if (unknown.length > 0) {
      const links = await this.#links(unknown);
      for (const hash of unknown) this.#known.set(hash, await this.#kindOf(hash, links.get(hash) ?? null));
    }
    return new Set(
      hashes.filter((hash) => {
        const kind = this.#known.get(hash);
        return kind === 'special' || (kind === 'relative' && hasSources);
      }),
    );
  }

  async #kindOf(hash: Hash, links: Links | null): Promise<'plain' | 'relative' | 'special'> {
    if (links === null || links.state === 'unparsed') return 'plain';
    const specifiers = links.list.flatMap((link) =>
      (link.kind === 'static' || link.kind === 'dynamic') && link.specifier !== undefined
        ? [link.specifier]
        : [],
    );
    if (specifiers.some(isSpecial)) return 'special';
    const metas = links.list.filter(({ kind }) => kind === 'meta');
    const bytes = metas.length === 0 ? undefined : await this.#bytesOf(hash);
    const text = new TextDecoder();
    const isTaken = ({ end }: { end: number }) => META.test(text.decode(bytes!.subarray(end, end + 40)));
    if (bytes !== undefined && metas.some(isTaken)) return 'special';
    return specifiers.length > 0 ? 'relative' : 'plain';
  }
}
