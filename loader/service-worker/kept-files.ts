import { isHash, type Hash, type Hasher } from '../../schema/hash.js';
import { openDatabase, requested, write } from '../cache/database.js';

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
}

/** The deploy that a page or worker runs. */
export interface TabDeploy {
  readonly manifest: Hash;
  /** Null where only the manifest is known. */
  readonly number: number | null;
}

export interface Tab extends TabDeploy {
  /** Of the client. */
  readonly id: string;
}

export const OFFLINE_DATABASE = 'modcast offline';

const RESPONSES = 'responses';
const FILES = 'files';
const TABS = 'tabs';

/** The service worker's database. Nothing in it is trusted: each body is hashed before use. */
export class KeptFiles {
  readonly #database: IDBDatabase;
  readonly #hasher: Hasher;
  /** Hashes of files that were read whole. A large one takes long to hash. */
  readonly #sound = new Set<Hash>();

  private constructor(database: IDBDatabase, hasher: Hasher) {
    this.#database = database;
    this.#hasher = hasher;
  }

  static async open(hasher: Hasher): Promise<KeptFiles> {
    const database = await openDatabase(OFFLINE_DATABASE, (created) => {
      created.createObjectStore(RESPONSES, { keyPath: 'url' });
      created.createObjectStore(FILES, { keyPath: 'hash' });
      created.createObjectStore(TABS, { keyPath: 'id' });
    });
    return new KeptFiles(database, hasher);
  }

  async response(url: string): Promise<KeptResponse | undefined> {
    const row = await this.#get<KeptResponse & Stored>(RESPONSES, url);
    return row !== undefined && this.#isSound(row) ? row : undefined;
  }

  async putResponse(response: KeptResponse): Promise<void> {
    await this.#put(RESPONSES, { ...response, hash: this.#hasher(response.body) });
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
    return (await requested(this.#read(FILES).count(hash))) > 0;
  }

  /** @returns false for bytes that are not what their name says */
  async putFile(hash: Hash, body: Uint8Array<ArrayBuffer>): Promise<boolean> {
    if (this.#hasher(body) !== hash) return false;
    await this.#put(FILES, { hash, body });
    return true;
  }

  tabs(): Promise<Tab[]> {
    return requested<Tab[]>(this.#read(TABS).getAll());
  }

  putTab(tab: Tab): Promise<void> {
    return this.#put(TABS, tab);
  }

  deleteTabs(ids: Iterable<string>): Promise<void> {
    return write(this.#database, [TABS], (transaction) => {
      for (const id of ids) transaction.objectStore(TABS).delete(id);
    });
  }

  /** Deletes the responses of other deploys, and the files that none of these has. */
  evict(manifests: ReadonlySet<Hash>, files: ReadonlySet<Hash>): Promise<void> {
    return write(this.#database, [RESPONSES, FILES], async (transaction) => {
      const responses = transaction.objectStore(RESPONSES);
      for (const { url, manifest } of await requested<KeptResponse[]>(responses.getAll())) {
        if (manifest !== null && !manifests.has(manifest)) responses.delete(url);
      }
      const kept = transaction.objectStore(FILES);
      for (const key of await requested(kept.getAllKeys())) {
        if (!isHash(key) || !files.has(key)) kept.delete(key);
      }
    });
  }

  close(): void {
    this.#database.close();
  }

  #isSound({ hash, body }: Stored): boolean {
    return body instanceof Uint8Array && this.#hasher(body) === hash;
  }

  #read(store: string): IDBObjectStore {
    return this.#database.transaction(store).objectStore(store);
  }

  #get<T>(store: string, key: string): Promise<T | undefined> {
    return requested<T | undefined>(this.#read(store).get(key) as IDBRequest<T | undefined>);
  }

  #put(store: string, row: object): Promise<void> {
    return write(this.#database, [store], (transaction) => void transaction.objectStore(store).put(row));
  }
}
