/**
 * Cuts a list into consecutive batches of at most `maxBytes` each. A larger item gets a batch of its own.
 *
 * @param sizeOf bytes of an item
 */
export function* batchesByBytes<T>(
  items: Iterable<T>,
  sizeOf: (item: T) => number,
  maxBytes: number,
): Generator<T[]> {
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (batch.length > 0 && bytes + size > maxBytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
