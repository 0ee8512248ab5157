import { manifestOfUrl, withoutDeploy } from '../../importmap/deploy-url.js';
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

export interface FilesOptions {
  readonly config: OfflineConfig;
  readonly origin: string;
  readonly deploys: Pick<CachedDeploys, 'find' | 'blob'>;
  readonly kept: Promise<Pick<KeptFiles, 'file' | 'putFile' | 'hasFile'>>;
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
   * @throws TypeError when the file is not here and the network fails
   */
  async answer(request: Request, deploy: FoundDeploy): Promise<Response | undefined> {
    const natural = withoutDeploy(request.url);
    const module = fileAt({ root: this.#root, manifest: deploy.manifest }, natural);
    if (module === undefined) return undefined;
    const { deploys, policies } = this.#options;
    const blob = deploys.blob(module.hash);
    const isNamed = manifestOfUrl(request.url) !== undefined;
    if (isNamed && module.type === 'text/javascript') {
      if (blob === undefined) return undefined;
      const linked = this.#link(deploy, module, blob, natural);
      return linked && respond(await bytesOf(linked), [...HEADERS, JAVASCRIPT, ...(await policies())]);
    }
    const headers = [...HEADERS, ...this.#headers(module), ...(await policies())];
    const bytes =
      (blob?.bytes as Uint8Array<ArrayBuffer>) ?? (await (await this.#options.kept).file(module.hash));
    return bytes === undefined
      ? this.#request(request, module, headers)
      : fileResponse(request, bytes, headers);
  }

  /** The script of the runtime of a deploy's workers. Undefined for another version of it. */
  async runtime(url: URL): Promise<Response | undefined> {
    const { config, deploys, policies } = this.#options;
    const manifest = manifestOfUrl(url.search);
    const deploy = manifest === undefined ? undefined : await deploys.find({ manifest, number: null });
    if (deploy === undefined || url.searchParams.get('v') !== config.runtime.version) return undefined;
    const root = '../'.repeat(config.prefix.slice(config.root.length).split('/').length - 1);
    const { importMap } = deploy.manifest;
    const text = declareWorkerDeploy({ manifest: manifest!, root, importMap }) + config.runtime.text;
    return respond(text, [...HEADERS, JAVASCRIPT, ...(await policies())]);
  }

  /** Keeps a file that pages do not store. @returns false where it could not be had */
  async keep(url: string, { manifest }: FoundDeploy): Promise<boolean> {
    const module = fileAt({ root: this.#root, manifest }, url);
    if (module === undefined || this.#options.deploys.blob(module.hash) !== undefined) return true;
    const kept = await this.#options.kept;
    if (await kept.hasFile(module.hash)) return true;
    const response = await this.#options.fetch(this.#blobUrl(module.hash));
    return response.ok && kept.putFile(module.hash, await allBytes(response));
  }

  #blobUrl(hash: Hash): string {
    return `${this.#prefix}blobs/${hash}`;
  }

  #headers({ type, hash }: SiteModule): HeaderList {
    return [
      ['Content-Type', typeHeader(type)],
      ['ETag', `"${hash}"`],
    ];
  }

  /** A file that is not here, by its hash. Undefined where the server does not give it. */
  async #request(request: Request, module: SiteModule, headers: HeaderList): Promise<Response | undefined> {
    const range = request.headers.get('Range');
    const response = await this.#options.fetch(this.#blobUrl(module.hash), {
      headers: range === null ? {} : { Range: range },
      signal: request.signal,
    });
    if (!response.ok) return undefined;
    if (response.status === 200 && module.size <= KEPT_BYTES) {
      const bytes = await allBytes(response);
      const isSound = await (await this.#options.kept).putFile(module.hash, bytes).catch(() => true);
      return isSound ? fileResponse(request, bytes, headers) : undefined;
    }
    const all = new Headers(headers as [string, string][]);
    for (const name of ['Content-Range', 'Content-Length']) {
      const value = response.headers.get(name);
      if (value !== null) all.set(name, value);
    }
    return new Response(response.body, { status: response.status, headers: all });
  }

  /** Undefined for a module that our parser did not understand: the server parses again. */
  #link({ hash, manifest }: FoundDeploy, { url }: SiteModule, blob: PooledBlob, natural: string) {
    const { config } = this.#options;
    const links = blob.links ?? NO_LINKS;
    if (links.state === 'unparsed') return undefined;
    const { pathname } = new URL(url);
    return linkWorkerModule(blob.bytes, links, {
      site: { root: this.#root, manifest },
      manifest: hash,
      importMap: this.#importMap(manifest),
      place: pathname.slice(config.root.length),
      url: natural,
      runtime: `${config.prefix.slice(config.root.length)}worker.js?v=${config.runtime.version}&modcast=${hash}`,
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

const respond = (body: BodyInit, headers: HeaderList): Response =>
  new Response(body, { headers: headers as [string, string][] });

const bytesOf = (parts: readonly LinkedPart[]): Promise<ArrayBuffer> =>
  new Blob(parts as BlobPart[]).arrayBuffer();

const allBytes = async (response: Response): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await response.arrayBuffer());
