import { isHash, type Hash, type Hasher } from '../../schema/hash.js';
import { openDatabase, openExisting, requested, write } from '../cache/database.js';

/** A response as it was, for one URL: a page, or a script of the registry. */
export interface KeptResponse {
  readonly url: string;
  /** The deploy that it belongs to; null for one that belongs to none. */
  readonly manifest: Hash | null;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array<ArrayBuffer>;
}

/** What a row is stored with. */
interface Stored {
  readonly hash: Hash;
  readonly body: Uint8Array<ArrayBuffer>;
  /** When it was stored, milliseconds since 1970. Only responses have it. */
  readonly time: number;
}

/** A page of an application is kept for each of its routes that was visited. */
const KEPT_RESPONSES = 500;

const isPage = (headers: KeptResponse['headers']): boolean =>
  headers.some(([name, value]) => /^content-type$/i.test(name) && /^text\/html\b/i.test(value));

/** The deploy that a page or worker runs. */
export interface TabDeploy {
  readonly manifest: Hash;
  /** Null where only the manifest is known. */
  readonly number: number | null;
  /** The `Cross-Origin-Embedder-Policy` of its page, which its workers need too. */
  readonly embedder: string | null;
}

export interface Tab extends TabDeploy {
  /** Of the client. */
  readonly id: string;
  /** When it was stored, milliseconds since 1970. */
  readonly time: number;
}

/** Two registries may serve sites below other paths of an origin. */
export const offlineDatabase = (root: string): string => `modcast offline ${root}`;

const RESPONSES = 'responses';
const FILES = 'files';
const TABS = 'tabs';

/**
 * The service worker's database, opened when it is first used. Nothing in it is trusted: each body is hashed
 * before use. All methods reject while there is none.
 */
export class KeptFiles {
  readonly #name: string;
  readonly #hasher: Hasher;
  #opened: Promise<IDBDatabase> | undefined;
  /**
   * A worker that is unregistered goes on for open pages, and restarts: it must not create a database again.
   * After `delete` it opens none.
   */
  #permitted: 'creation' | 'opening' | 'nothing' = 'opening';
  /** Hashes of files that were read whole. A large one takes long to hash. */
  readonly #sound = new Set<Hash>();

  /** @param root the path of the site's root */
  constructor(root: string, hasher: Hasher) {
    this.#name = offlineDatabase(root);
    this.#hasher = hasher;
  }

  /** A page has asked to keep files: from now on the database is created if there is none. */
  permitCreation(): void {
    this.#permitted = 'creation';
  }

  async response(url: string): Promise<KeptResponse | undefined> {
    const row = await this.#get<KeptResponse & Stored>(RESPONSES, url);
    return row !== undefined && this.#isSound(row) ? row : undefined;
  }

  async putResponse(response: KeptResponse): Promise<void> {
    await this.#put(RESPONSES, { ...response, hash: this.#hasher(response.body), time: Date.now() });
  }

  /** The bytes of a file of some deploy. */
  async file(hash: Hash): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const row = await this.#get<Stored>(FILES, hash);
    if (row === undefined || (!this.#sound.has(hash) && !this.#isSound(row))) return undefined;
    this.#sound.add(hash);
    return row.body;
  }

  /** Whether a file is here, without reading it. */
  async hasFile(hash: Hash): Promise<boolean> {
    return (await requested((await this.#read(FILES)).count(hash))) > 0;
  }

  /** @returns false for bytes that are not what their name says */
  async putFile(hash: Hash, body: Uint8Array<ArrayBuffer>): Promise<boolean> {
    if (this.#hasher(body) !== hash) return false;
    await this.#put(FILES, { hash, body });
    return true;
  }

  async tabs(): Promise<Tab[]> {
    return requested<Tab[]>((await this.#read(TABS)).getAll());
  }

  putTab(tab: Tab): Promise<void> {
    return this.#put(TABS, tab);
  }

  async deleteResponse(url: string): Promise<void> {
    await write(await this.#database, [RESPONSES], (transaction) => {
      transaction.objectStore(RESPONSES).delete(url);
    });
  }

  async deleteTabs(ids: Iterable<string>): Promise<void> {
    await write(await this.#database, [TABS], (transaction) => {
      for (const id of ids) transaction.objectStore(TABS).delete(id);
    });
  }

  /** Deletes the responses of other deploys, the oldest of many, and the files that none of these has. */
  async evict(manifests: ReadonlySet<Hash>, files: ReadonlySet<Hash>): Promise<void> {
    await write(await this.#database, [RESPONSES, FILES], async (transaction) => {
      const responses = transaction.objectStore(RESPONSES);
      const rows = await requested<(KeptResponse & Stored)[]>(responses.getAll());
      // A page without its modules does not run.
      const pages = rows.filter(({ manifest, headers }) => manifest === null || isPage(headers));
      const old = pages.toSorted((a, b) => b.time - a.time).slice(KEPT_RESPONSES);
      const outdated = rows.filter(({ manifest }) => manifest !== null && !manifests.has(manifest));
      for (const { url } of [...old, ...outdated]) responses.delete(url);
      const kept = transaction.objectStore(FILES);
      for (const key of await requested(kept.getAllKeys())) {
        if (!isHash(key) || !files.has(key)) kept.delete(key);
      }
    });
  }

  /** Deletes the database. */
  async delete(): Promise<void> {
    this.#permitted = 'nothing';
    (await this.#opened?.catch(() => undefined))?.close();
    this.#opened = undefined;
    await requested(indexedDB.deleteDatabase(this.#name));
  }

  #isSound({ hash, body }: Stored): boolean {
    return body instanceof Uint8Array && this.#hasher(body) === hash;
  }

  get #database(): Promise<IDBDatabase> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #open(): Promise<IDBDatabase> {
    const create = (created: IDBDatabase) => {
      created.createObjectStore(RESPONSES, { keyPath: 'url' });
      created.createObjectStore(FILES, { keyPath: 'hash' });
      created.createObjectStore(TABS, { keyPath: 'id' });
    };
    if (this.#permitted === 'nothing') throw new DOMException('deleted', 'NotFoundError');
    const database = await (this.#permitted === 'creation'
      ? openDatabase(this.#name, create)
      : openExisting(this.#name));
    const forget = () => {
      this.#opened = undefined;
      this.#permitted = 'nothing';
    };
    // A page deletes it, or the browser.
    database.addEventListener('versionchange', forget);
    database.addEventListener('close', forget);
    return database;
  }

  async #read(store: string): Promise<IDBObjectStore> {
    return (await this.#database).transaction(store).objectStore(store);
  }

  async #get<T>(store: string, key: string): Promise<T | undefined> {
    return requested<T | undefined>((await this.#read(store)).get(key) as IDBRequest<T | undefined>);
  }

  async #put(store: string, row: object): Promise<void> {
    await write(await this.#database, [store], (transaction) => void transaction.objectStore(store).put(row));
  }
}
