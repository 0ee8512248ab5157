import { deployOfUrl, manifestOfUrl, withoutDeploy, type DeployName } from '../../importmap/deploy-url.js';
import { EMPTY_IMPORT_MAP, type ImportMap } from '../../importmap/import-map.js';
import type { LinkedPart } from '../../importmap/link.js';
import { parseImportMap } from '../../importmap/parse.js';
import { fileAt, type SiteModule } from '../../importmap/site.js';
import { declareWorkerDeploy, linkWorkerModule } from '../../importmap/worker-module.js';
import type { Hash } from '../../schema/hash.js';
import { NO_LINKS } from '../../schema/links.js';
import type { Manifest } from '../../schema/manifest.js';
import type { PooledBlob } from '../cache/blob-pool.js';
import type { OfflineConfig } from './offline-config.js';
import type { CachedDeploys, FoundDeploy } from './deploys.js';
import type { KeptFiles } from './kept-files.js';
import { fileResponse, typeHeader, type HeaderList } from './responses.js';
import type { Tabs } from './tabs.js';

export interface FilesOptions {
  readonly config: OfflineConfig;
  readonly origin: string;
  readonly deploys: Pick<CachedDeploys, 'find' | 'blob'>;
  readonly tabs: Pick<Tabs, 'named'>;
  readonly kept: Pick<KeptFiles, 'file' | 'putFile' | 'hasFile'>;
  readonly fetch: typeof globalThis.fetch;
  /** Headers that the site's server adds to all that it serves. */
  readonly policies: () => Promise<HeaderList>;
}

/** Bytes above which a file is kept only on request. */
const KEPT_BYTES = 32 * 1024 * 1024;

/** The files of cached deploys: modules from the cache of pages, others by their hash. */
export class Files {
  readonly #options: FilesOptions;
  readonly #root: string;
  readonly #prefix: string;
  readonly #importMaps = new WeakMap<Manifest, ImportMap>();

  constructor(options: FilesOptions) {
    const { config, origin } = options;
    this.#options = options;
    this.#root = origin + config.root;
    this.#prefix = origin + config.prefix;
  }

  /**
   * The file of a deploy at the URL of a request. Undefined where it has none.
   *
   * @param embedder the `Cross-Origin-Embedder-Policy` of the page
   * @throws TypeError when the file is not here and the network fails
   */
  async answer(
    request: Request,
    deploy: FoundDeploy,
    embedder: string | null,
  ): Promise<Response | undefined> {
    const natural = withoutDeploy(request.url);
    const file = this.#fileAt(natural, deploy.manifest);
    if (file === undefined) return undefined;
    const policies = await this.#policies(embedder);
    const blob = this.#options.deploys.blob(file.hash);
    const name = deployOfUrl(request.url);
    if (name !== undefined && file.type === 'text/javascript') {
      const linked = blob && this.#link(deploy, name, file, blob, natural);
      if (linked !== undefined) return respond(await bytesOf(linked), [...HEADERS, JAVASCRIPT, ...policies]);
      const response = await this.#options.fetch(request).catch(() => undefined);
      // Without the server, what its author wrote: natural URLs lead to the deploy here, bare names do not.
      if (response !== undefined) return response;
    }
    const headersOf = (known?: Uint8Array): HeaderList => [
      ...HEADERS,
      ...typeHeaders(file, request, known),
      ...policies,
    ];
    // A database that fails has no files.
    const kept = () => this.#options.kept.file(file.hash).catch(() => undefined);
    const bytes = (blob?.bytes as Uint8Array<ArrayBuffer>) ?? (await kept());
    return bytes === undefined
      ? this.#request(request, file, headersOf)
      : fileResponse(request, bytes, headersOf(bytes), tagOf(file));
  }

  /** The script of the runtime of a deploy's workers. Undefined for another version of it. */
  async runtime(url: URL): Promise<Response | undefined> {
    const { config, deploys, tabs } = this.#options;
    const manifest = manifestOfUrl(url.search);
    if (manifest === undefined || url.searchParams.get('v') !== config.runtime.version) return undefined;
    const run = await tabs.named(manifest);
    const deploy = await deploys.find(run);
    if (deploy === undefined) return undefined;
    const root = '../'.repeat(url.pathname.slice(config.root.length).split('/').length - 1);
    const { importMap } = deploy.manifest;
    const text = declareWorkerDeploy({ manifest, root, importMap }) + config.runtime.text;
    return respond(text, [...HEADERS, JAVASCRIPT, ...(await this.#policies(run.embedder))]);
  }

  /**
   * Keeps a file that pages do not store.
   *
   * @param all whether large files are kept too
   * @returns false where it could not be fetched
   */
  async keep(url: string, { manifest }: FoundDeploy, all: boolean): Promise<boolean> {
    const file = this.#fileAt(url, manifest);
    if (file === undefined || this.#options.deploys.blob(file.hash) !== undefined) return true;
    const { kept, fetch } = this.#options;
    if ((!all && file.size > KEPT_BYTES) || (await kept.hasFile(file.hash))) return true;
    const response = await fetch(this.#blobUrl(file.hash));
    return response.ok && kept.putFile(file.hash, await allBytes(response));
  }

  /** As the server finds it: a page may have a clean URL, and that of its directory. */
  #fileAt(url: string, manifest: Manifest): SiteModule | undefined {
    const site = { root: this.#root, manifest };
    const path = /^[^?#]*/.exec(url)![0];
    const other = path.endsWith('/') ? `${path}index.html` : `${path}.html`;
    return fileAt(site, url) ?? fileAt(site, other);
  }

  async #policies(embedder: string | null): Promise<HeaderList> {
    const own = await this.#options.policies();
    if (embedder === null) return own;
    const name = 'cross-origin-embedder-policy';
    return [...own.filter(([key]) => key.toLowerCase() !== name), [name, embedder]];
  }

  #blobUrl(hash: Hash): string {
    return `${this.#prefix}blobs/${hash}`;
  }

  /** A file that is not here, by its hash. Undefined where the server does not give it. */
  async #request(
    request: Request,
    module: SiteModule,
    headersOf: (known?: Uint8Array) => HeaderList,
  ): Promise<Response | undefined> {
    const isSame = (request.headers.get('If-Range') ?? tagOf(module)) === tagOf(module);
    const range = isSame ? request.headers.get('Range') : null;
    const response = await this.#options.fetch(this.#blobUrl(module.hash), {
      headers: range === null ? {} : { Range: range },
      signal: request.signal,
    });
    if (!response.ok && response.status !== 416) return undefined;
    if (response.status === 200 && module.size <= KEPT_BYTES) {
      const bytes = await allBytes(response);
      const isSound = await this.#options.kept.putFile(module.hash, bytes).catch(() => true);
      return isSound ? fileResponse(request, bytes, headersOf(bytes), tagOf(module)) : undefined;
    }
    const all = new Headers([...headersOf(), ['ETag', tagOf(module)], ['Accept-Ranges', 'bytes']] as [
      string,
      string,
    ][]);
    for (const name of ['Content-Range', 'Content-Length']) {
      const value = response.headers.get(name);
      if (value !== null) all.set(name, value);
    }
    return new Response(response.body, {
      status: response.status,
      statusText: response.statusText,
      headers: all,
    });
  }

  /** Undefined for a module that our parser did not understand: the server parses again. */
  #link(
    { manifest }: FoundDeploy,
    deploy: DeployName,
    { url }: SiteModule,
    blob: PooledBlob,
    natural: string,
  ) {
    const { config } = this.#options;
    const links = blob.links ?? NO_LINKS;
    if (links.state === 'unparsed') return undefined;
    const { pathname } = new URL(url);
    return linkWorkerModule(blob.bytes, links, {
      site: { root: this.#root, manifest },
      deploy,
      importMap: this.#importMap(manifest),
      place: pathname.slice(config.root.length),
      url: natural,
      runtime: `${config.prefix.slice(config.root.length)}worker.js?v=${config.runtime.version}&modcast=${deploy}`,
    });
  }

  #importMap(manifest: Manifest): ImportMap {
    const { importMap: json } = manifest;
    const known = this.#importMaps.get(manifest);
    const map = known ?? (json === null ? EMPTY_IMPORT_MAP : parseImportMap(json, this.#root).map);
    this.#importMaps.set(manifest, map);
    return map;
  }
}

const JAVASCRIPT = ['Content-Type', 'text/javascript'] as const;

const HEADERS: HeaderList = [
  ['Cache-Control', 'no-cache'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
];

/** As the server: a page may use its own files as scripts and styles, whatever their type. */
function typeHeaders(
  { type }: SiteModule,
  { destination }: Request,
  bytes: Uint8Array | undefined,
): HeaderList {
  const isScript = /^text\/(?:javascript|css)$/.test(type);
  const isUsedSo = /^(?:script|style|json|worker|sharedworker|audioworklet|paintworklet)$/.test(destination);
  const isSniffed = !isScript && (isUsedSo || type === 'application/json');
  return [
    ['Content-Type', typeHeader(type, bytes)],
    ...(isSniffed ? [] : [['X-Content-Type-Options', 'nosniff'] as const]),
  ];
}

const tagOf = ({ hash }: SiteModule): string => `"${hash}"`;

const respond = (body: BodyInit, headers: HeaderList): Response =>
  new Response(body, { headers: headers as [string, string][] });

const bytesOf = (parts: readonly LinkedPart[]): Promise<ArrayBuffer> =>
  new Blob(parts as BlobPart[]).arrayBuffer();

const allBytes = async (response: Response): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await response.arrayBuffer());
