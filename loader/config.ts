import { CHANNEL_PATTERN, type Channel } from '../schema/channel.js';
import { isHash, type Hash } from '../schema/hash.js';
import { LIMITS } from '../schema/limits.js';
import { isPath, type Path } from '../schema/path.js';
import { isRegistryId, REGISTRY_PLACEHOLDER, type RegistryId } from '../schema/registry-id.js';

export interface HotConfig {
  /** `data-hot`: the version of the hot reload script. */
  readonly version: string;
  /** `data-hot-integrity`: integrity metadata of that script. */
  readonly integrity: string;
  /** `data-hot-page`: the hash of this page's HTML as it was served. */
  readonly page: string | null;
  /** `data-hot-file`: the path of this page's HTML. Null for a page whose author wrote the tag. */
  readonly file: Path | null;
  /** `data-hot-deploy`: the channel's head when this page was served; null before there was one. */
  readonly deploy: number | null;
  /** `data-hot-served`: when this page was served, by the server's clock, milliseconds since 1970. */
  readonly served: number;
  /** False for `data-hot-overlay="off"`: the page shows no error overlay. */
  readonly overlay: boolean;
}

export interface OfflineConfig {
  /** `data-offline`: the version of the script of offline use. */
  readonly version: string;
  /** `data-offline-integrity`: integrity metadata of that script. */
  readonly integrity: string;
  /** `data-offline-all`: keep the whole deploy. */
  readonly all: boolean;
}

/** The settings in the loader's script tag: its `src` and `data-` attributes. */
export interface LoaderConfig {
  /** The registry's prefix as a URL, `https://host/-/`, from the script's own URL. */
  readonly prefix: string;
  /** The URL that the site's paths are relative to (`data-root`). Default: the root of the page's origin. */
  readonly root: string;
  /**
   * `data-registry`: the identity of the registry that the page came from. Default: that of the registry that
   * served this script. Null for a copy of it on another server: then nothing is cached.
   */
  readonly registry: RegistryId | null;
  /** `data-channel`. Default `dev`. */
  readonly channel: Channel;
  /** `data-boot`: `fresh` waits for the server's greeting, `cached` runs a whole cached deploy at once. */
  readonly boot: 'fresh' | 'cached';
  /**
   * `data-timeout`: milliseconds for the socket's first message. An engine that takes one import map waits as
   * long for modules that only `import()` reaches. Default 500.
   */
  readonly timeout: number;
  /**
   * `data-stall`: milliseconds without a byte after which a page no longer waits for an open socket: what is
   * missing comes over HTTP, which may take twice as long to say something. Default 1,500.
   */
  readonly stall: number;
  /** `data-socket`: `off` where the registry is a host of plain files. Then there is no connection. */
  readonly socket: boolean;
  /**
   * `data-deploy`: number and manifest of the deploy that the page's HTML belongs to. Null for a page whose
   * author wrote the tag: it belongs to none.
   */
  readonly deploy: {
    readonly number: number;
    readonly manifest: Hash;
    /** Only a static export, and a page that starts without the loader, name it. */
    readonly fusion?: Hash | undefined;
  } | null;
  /** `data-workers`: the site's server answers URLs that name a deploy. */
  readonly workers: boolean;
  /** `data-native`: the page has no guard, as a policy in its headers permits no inline script. */
  readonly native: boolean;
  /** `data-direct`: the page has started without the loader. */
  readonly direct: boolean;
  /** `data-progress`: show a bar on long boots. */
  readonly progress: boolean;
  /** `data-entries`: the page's entries, which the server sends first. */
  readonly entries: readonly Path[];
  /** Null where the server does not watch. */
  readonly hot: HotConfig | null;
  /** Null where the server does not offer offline use. */
  readonly offline: OfflineConfig | null;
  /** The script's nonce, for the elements that it adds to the page. */
  readonly nonce: string;
}

function number(text: string | undefined, fallback: number): number {
  const value = Number(text);
  return text !== undefined && text !== '' && Number.isFinite(value) && value >= 0 ? value : fallback;
}

function readEntries(text: string | undefined): Path[] {
  try {
    const list: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(list) ? list.filter(isPath).slice(0, LIMITS.helloEntries) : [];
  } catch {
    return [];
  }
}

function readDeploy(text = ''): LoaderConfig['deploy'] {
  const [number = '', manifest, fusion] = text.split(' ');
  return /^[1-9]\d{0,14}$/.test(number) && isHash(manifest)
    ? { number: Number(number), manifest, fusion }
    : null;
}

export function readConfig(script: HTMLScriptElement): LoaderConfig {
  const { dataset } = script;
  const root = new URL(dataset['root'] ?? '/', location.href).href;
  const channel = dataset['channel'] ?? 'dev';
  return {
    prefix: new URL('.', script.src).href,
    root: root.endsWith('/') ? root : `${root}/`,
    registry: [dataset['registry'], REGISTRY_PLACEHOLDER].find(isRegistryId) ?? null,
    channel: CHANNEL_PATTERN.test(channel) ? channel : 'dev',
    boot: dataset['boot'] === 'cached' ? 'cached' : 'fresh',
    timeout: number(dataset['timeout'], 500),
    stall: number(dataset['stall'], 1500),
    socket: dataset['socket'] !== 'off',
    deploy: readDeploy(dataset['deploy']),
    workers: dataset['workers'] !== undefined,
    native: dataset['native'] !== undefined,
    direct: dataset['direct'] !== undefined,
    progress: dataset['progress'] !== undefined,
    entries: readEntries(dataset['entries']),
    hot:
      dataset['hot'] === undefined
        ? null
        : {
            version: dataset['hot'],
            integrity: dataset['hotIntegrity'] ?? '',
            page: dataset['hotPage'] ?? null,
            file: dataset['hotFile'] ?? null,
            deploy: number(dataset['hotDeploy'], 0) || null,
            served: number(dataset['hotServed'], Infinity),
            overlay: dataset['hotOverlay'] !== 'off',
          },
    offline:
      dataset['offline'] === undefined
        ? null
        : {
            version: dataset['offline'],
            integrity: dataset['offlineIntegrity'] ?? '',
            all: dataset['offlineAll'] !== undefined,
          },
    nonce: script.nonce,
  };
}
