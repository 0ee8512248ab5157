/**
 * Puts a value into a map, as its newest, and drops the oldest ones above a limit.
 *
 * @returns the value
 */
export function keepNewest<K, V>(map: Map<K, V>, key: K, value: V, limit: number): V {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= limit) break;
    map.delete(oldest);
  }
  return value;
}
