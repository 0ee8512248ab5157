/** Resolves with the result of an IndexedDB request. */
export const requested = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error!);
  });

const committed = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException('aborted', 'AbortError'));
  });

type Create = (database: IDBDatabase, transaction: IDBTransaction) => void;

/** @param create makes the object stores of a new database */
export function openDatabase(name: string, create: Create): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => create(request.result, request.transaction!);
  return requested(request).then((database) => {
    // Another tab runs a newer loader, which may upgrade.
    database.onversionchange = () => database.close();
    return database;
  });
}

/** @throws DOMException when there is no such database */
export async function openExisting(name: string): Promise<IDBDatabase> {
  // To open one creates it, so that others see it for a moment.
  const known = await indexedDB.databases?.();
  if (known?.every((database) => database.name !== name) === true)
    throw new DOMException(`no database ${name}`, 'NotFoundError');
  return openDatabase(name, (_database, transaction) => transaction.abort());
}

/** Runs `work` in one transaction. Resolves with its result when all is written. A failure writes nothing. */
export async function write<T>(
  database: IDBDatabase,
  stores: string[],
  work: (transaction: IDBTransaction) => T | Promise<T>,
): Promise<T> {
  // Relaxed: a strict write waits for the disk, and losing a cache in a power cut costs little.
  const transaction = database.transaction(stores, 'readwrite', { durability: 'relaxed' });
  const done = (async () => work(transaction))().catch((error: unknown) => {
    try {
      transaction.abort();
    } catch {
      // The error has ended it already.
    }
    throw error;
  });
  const [result] = await Promise.all([done, committed(transaction)]);
  return result;
}
