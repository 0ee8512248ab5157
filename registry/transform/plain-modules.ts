import type { Hash, Links } from '../../schema/index.js';

/** What follows `import.meta` where a transform takes it. */
const META = /^\??\.(?:env(?![\w$])|glob\s*\(|hot\b)/;

/** Knows which JavaScript files have nothing that a transform takes: they are served as they were written. */
export class PlainModules {
  readonly #links: (hashes: readonly Hash[]) => Promise<ReadonlyMap<Hash, Links | null>>;
  readonly #bytesOf: (hash: Hash) => Promise<Uint8Array | undefined>;
  readonly #isPlain = new Map<Hash, boolean>();

  constructor(
    links: (hashes: readonly Hash[]) => Promise<ReadonlyMap<Hash, Links | null>>,
    bytesOf: (hash: Hash) => Promise<Uint8Array | undefined>,
  ) {
    this.#links = links;
    this.#bytesOf = bytesOf;
  }

  /** The modules that a transform has to look at. */
  async others(hashes: readonly Hash[]): Promise<Set<Hash>> {
    const unknown = hashes.filter((hash) => !this.#isPlain.has(hash));
    if (unknown.length > 0) {
      const links = await this.#links(unknown);
      for (const hash of unknown) this.#isPlain.set(hash, await this.#look(hash, links.get(hash) ?? null));
    }
    return new Set(hashes.filter((hash) => this.#isPlain.get(hash) === false));
  }

  async #look(hash: Hash, links: Links | null): Promise<boolean> {
    if (links === null || links.state === 'unparsed') return true;
    const isImport = (link: Links['list'][number]) =>
      (link.kind === 'static' || link.kind === 'dynamic') && link.specifier !== undefined;
    if (links.list.some(isImport)) return false;
    const metas = links.list.filter(({ kind }) => kind === 'meta');
    const bytes = metas.length === 0 ? undefined : await this.#bytesOf(hash);
    const text = new TextDecoder();
    return (
      bytes === undefined || !metas.some(({ end }) => META.test(text.decode(bytes.subarray(end, end + 40))))
    );
  }
}
