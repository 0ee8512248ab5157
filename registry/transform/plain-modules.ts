import type { Hash, Links } from '../../schema/index.js';

/** What follows `import.meta` where a transform takes it. */
const META = /^\??\.(?:env(?![\w$])|glob\s*\(|hot\b)/;

/** Knows which JavaScript files have nothing that a transform takes: they are served as they were written. */
export class PlainModules {
  readonly #isPlain = new Map<Hash, boolean>();

  /** The modules that a transform has to look at. */
  async others(
    hashes: readonly Hash[],
    linksOf: (hashes: readonly Hash[]) => Promise<ReadonlyMap<Hash, Links | null>>,
    bytesOf: (hash: Hash) => Promise<Uint8Array | undefined>,
  ): Promise<Set<Hash>> {
    const unknown = hashes.filter((hash) => !this.#isPlain.has(hash));
    if (unknown.length > 0) {
      const links = await linksOf(unknown);
      for (const hash of unknown) {
        this.#isPlain.set(hash, await isPlain(links.get(hash) ?? null, () => bytesOf(hash)));
      }
    }
    return new Set(hashes.filter((hash) => this.#isPlain.get(hash) === false));
  }
}

async function isPlain(links: Links | null, read: () => Promise<Uint8Array | undefined>): Promise<boolean> {
  if (links === null || links.state === 'unparsed') return true;
  const isImport = (link: Links['list'][number]) =>
    (link.kind === 'static' || link.kind === 'dynamic') && link.specifier !== undefined;
  if (links.list.some(isImport)) return false;
  const metas = links.list.filter(({ kind }) => kind === 'meta');
  const bytes = metas.length === 0 ? undefined : await read();
  const text = new TextDecoder();
  return (
    bytes === undefined || !metas.some(({ end }) => META.test(text.decode(bytes.subarray(end, end + 40))))
  );
}
