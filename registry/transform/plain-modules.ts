import type { Hash, Links } from '../../schema/index.js';
import { mayHave } from './define.js';
import type { SiteSettings } from './settings.js';

/** What follows `import.meta` where a transform takes it. */
const META = /^\??\.(?:env(?![\w$])|glob\s*\(|hot\b)/;

/** Knows which JavaScript files have nothing that a transform takes: they are served as they were written. */
export class PlainModules {
  /** By hash and expressions. */
  readonly #isPlain = new Map<string, boolean>();

  /**
   * The modules that a transform has to look at.
   * @param definitions expressions that are replaced
   */
  async others(
    hashes: readonly Hash[],
    linksOf: (hashes: readonly Hash[]) => Promise<ReadonlyMap<Hash, Links | null>>,
    bytesOf: (hash: Hash) => Promise<Uint8Array | undefined>,
    definitions: SiteSettings['define'],
  ): Promise<Set<Hash>> {
    const names = Object.keys(definitions).join('\n');
    const keyOf = (hash: Hash) => `${hash}${names}`;
    const unknown = hashes.filter((hash) => !this.#isPlain.has(keyOf(hash)));
    if (unknown.length > 0) {
      const links = await linksOf(unknown);
      for (const hash of unknown) {
        this.#isPlain.set(
          keyOf(hash),
          await isPlain(links.get(hash) ?? null, () => bytesOf(hash), definitions),
        );
      }
    }
    return new Set(hashes.filter((hash) => this.#isPlain.get(keyOf(hash)) === false));
  }
}

async function isPlain(
  links: Links | null,
  read: () => Promise<Uint8Array | undefined>,
  definitions: SiteSettings['define'],
): Promise<boolean> {
  if (links === null || links.state === 'unparsed') return true;
  const isImport = (link: Links['list'][number]) =>
    (link.kind === 'static' || link.kind === 'dynamic') && link.specifier !== undefined;
  if (links.list.some(isImport)) return false;
  const metas = links.list.filter(({ kind }) => kind === 'meta');
  const bytes = await read();
  if (bytes === undefined) return true;
  const text = new TextDecoder();
  if (metas.some(({ end }) => META.test(text.decode(bytes.subarray(end, end + 40))))) return false;
  return !mayHave(text.decode(bytes), definitions);
}
