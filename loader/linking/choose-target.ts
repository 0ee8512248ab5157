import type { SiteModule } from '../../importmap/site.js';
import { CSS_TYPE } from './media-types.js';
import type { UrlKind } from './module-url.js';

/**
 * What a natural URL's target is: a URL that holds the linked module itself, or the registry's immutable URL
 * of it.
 */
export type TargetKind = UrlKind | 'http';

/** A module as far as it is here. */
export interface Source {
  /**
   * `unknown`: the blob or its links are not here. `broken`: it does not parse. `new-syntax`: not every
   * engine parses it.
   */
  readonly state: 'linkable' | 'broken' | 'new-syntax' | 'unknown';
  /** Bytes after linking. Throws when it cannot be linked. */
  readonly linkedBytes: number;
}

export interface TargetRequest {
  readonly module: SiteModule;
  /** `first`: the instance that the natural URL gets. `later`: one that replaces it in a running page. */
  readonly instance: 'first' | 'later';
  /** The best that the page's policy permits. */
  readonly permitted: TargetKind;
  /** The page gives integrity metadata for the URL, or loads it natively. */
  readonly pinned: boolean;
  /** Files may have changed by the time the browser requests them at their natural URLs. */
  readonly watched: boolean;
  /** The import map names the target several times. */
  readonly isRepeated: () => boolean;
  readonly source: Source;
}

/** Undefined leaves the natural URL to the site. */
export type ChooseTarget = (request: TargetRequest) => TargetKind | undefined;

/** Bytes above which a `data:` URL costs more than a request to the browser process. */
export const DATA_BYTES = 128 * 1024;

/**
 * The same for a later instance. There may be many, the browser keeps each imported URL for good, and
 * importers that are linked from then on contain its text.
 */
const LATER_DATA_BYTES = 16 * 1024;

/** The one place that decides where the import map sends a natural URL. */
export const chooseTarget: ChooseTarget = (request) => {
  const { module, instance, permitted, pinned, watched, isRepeated, source } = request;
  // The browser checks integrity against what the author wrote, not against linked bytes.
  if (pinned) return undefined;
  // The loader does not link CSS: a later version of it has a URL of its own.
  if (module.type === CSS_TYPE) return instance === 'later' ? 'http' : undefined;
  if (permitted === 'http' || source.state === 'unknown') return 'http';
  // The browser's error should name the site's file. Where that may have changed, the deploy's version is
  // imported.
  if (source.state === 'new-syntax') return undefined;
  if (source.state === 'broken') return watched ? 'http' : undefined;
  if (permitted === 'blob' || (instance === 'first' && isRepeated())) return 'blob';
  return source.linkedBytes > (instance === 'first' ? DATA_BYTES : LATER_DATA_BYTES) ? 'blob' : 'data';
};
