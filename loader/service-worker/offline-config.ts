import type { Channel } from '../../schema/channel.js';
import type { RegistryId } from '../../schema/registry-id.js';

/** What the server writes before the service worker's script. URLs are those of the site's own origin. */
export interface OfflineConfig {
  readonly registry: RegistryId;
  readonly channel: Channel;
  /** The registry's prefix, `/-/`. */
  readonly prefix: string;
  /** The site's root, `/`. */
  readonly root: string;
  /** The page of a single-page application, as a path below the root; null for other sites. */
  readonly single: string | null;
  /** Whether the server watches a directory: then its files are newer than those of any deploy. */
  readonly watches: boolean;
  /** URLs of the scripts that pages load. */
  readonly scripts: readonly string[];
  /** The script of workers' runtime, and the version in its URL. */
  readonly runtime: { readonly version: string; readonly text: string };
}
