import { EMPTY_IMPORT_MAP, placeholderRoot } from '../../../importmap/index.js';
import { ModcastError, type Channel, type Hash } from '../../../schema/index.js';
import { blake3 } from '../../hash.js';
import { PRELOAD_STOP, guardTag, importMapTag, loaderTag } from '../../pages/page-edits.js';
import { importMapText } from '../../pages/page-import-map-text.js';
import { SizedCache } from '../../pages/sized-cache.js';
import type { HeadOptions } from './head-options.js';
import type { PageContext } from './page-context.js';
import { deployData, deployKey, loaderOptions } from './page-version.js';

export interface HeadTags {
  /** ASCII, on one line. */
  readonly text: string;
  readonly hash: Hash;
}

const CACHE_BYTES = 1_048_576;

/** The tags with which a page that another server renders loads a deploy: the guard and the loader. */
export class HeadTagsMaker {
  readonly #context: PageContext;
  readonly #servesSite: boolean;
  readonly #made = new SizedCache<string, HeadTags>(CACHE_BYTES);

  /** @param servesSite whether the registry answers for the site's files */
  constructor(context: PageContext, servesSite: boolean) {
    this.#context = context;
    this.#servesSite = servesSite;
  }

  /** The same object for as long as nothing changes. Null when the channel has no deploy. */
  async tags(channel: Channel, options: HeadOptions = {}): Promise<HeadTags | null> {
    const { catalog, page, base, packageMaps } = this.#context;
    const { origin = '' } = options;
    if (origin !== '' && base !== '/') {
      // A page's loader knows the path of the registry's routes, and not that of its site.
      const expected = 'no origin, or the base "/"';
      const message = `origin: expected ${expected}, found ${origin} with the base ${base}`;
      throw new ModcastError('option-invalid', message, { expected, found: origin });
    }
    const head = await catalog.head(channel);
    if (head === null) return null;
    const isOwn = channel === page.channel;
    // Another channel's deploys do not follow the directory.
    const context = isOwn ? this.#context : { ...this.#context, page: { ...page, channel, hot: null } };
    const key = JSON.stringify([channel, options, deployKey(context, head)]);
    let made = this.#made.get(key);
    if (made === undefined) {
      const { nonce, entries } = options;
      const { loader, guard, data } = await loaderOptions(context);
      const { workers: _, ...settings } = data;
      const hasWorkers = options.workers ?? (this.#servesSite && isOwn && origin === '');
      const tag = {
        ...loader,
        src: origin + loader.src,
        data: {
          ...settings,
          ...(hasWorkers ? { workers: '' } : {}),
          ...deployData(context, head),
          ...(entries === undefined ? {} : { entries: JSON.stringify(entries) }),
        },
      };
      const timeout = data['timeout'];
      // At another origin, the page's own server has no packages.
      const packages = origin === '' ? await packageMaps.of(head.manifest) : EMPTY_IMPORT_MAP;
      const map = importMapText(null, packages, placeholderRoot(base));
      const text =
        guardTag({ text: guard, loaderSrc: tag.src, timeout, holds: true }, nonce) +
        loaderTag(tag, nonce) +
        (map === null ? PRELOAD_STOP : importMapTag(map, nonce));
      made = { text, hash: blake3(Buffer.from(text)) };
      this.#made.set(key, made, text.length);
    }
    return made;
  }
}
