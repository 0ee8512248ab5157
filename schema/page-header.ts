import { isHash, type Hash } from './hash.js';
import { isRegistryId, type RegistryId } from './registry-id.js';

/** What a server keeps its pages for when it is away: nothing, what they have used, or all of the deploy. */
export type OfflineMode = 'off' | 'used' | 'all';

/** The name of the header that says to which deploy a page belongs. */
export const PAGE_HEADER = 'Modcast-Page';

/** The value of `Modcast-Page`, `<registry> <deploy> <manifest> <offline> <root> <prefix>`. */
export interface PageHeader {
  readonly registry: RegistryId;
  readonly deploy: number;
  readonly manifest: Hash;
  readonly offline: OfflineMode;
  /** The path of the site's root, `/`. */
  readonly root: string;
  /** The path below which the registry answers, `/-/`. */
  readonly prefix: string;
}

export const formatPageHeader = ({ registry, deploy, manifest, offline, root, prefix }: PageHeader): string =>
  `${registry} ${deploy} ${manifest} ${offline} ${root} ${prefix}`;

/** Undefined for anything that is not such a header. */
export function parsePageHeader(text: string | null): PageHeader | undefined {
  const [registry, deploy = '', manifest, offline, root = '', prefix = '', ...rest] = (text ?? '').split(' ');
  if (!isRegistryId(registry) || !/^[1-9]\d{0,14}$/.test(deploy) || !isHash(manifest)) return undefined;
  if ((offline !== 'off' && offline !== 'used' && offline !== 'all') || rest.length > 0) return undefined;
  if (![root, prefix].every((path) => /^\/(?:[^\s/]+\/)*$/.test(path))) return undefined;
  return { registry, deploy: Number(deploy), manifest, offline, root, prefix };
}
