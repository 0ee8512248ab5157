import type { Hello } from './from-client.js';

/**
 * A `hello` as the query of the socket's URL, as `URL` writes it. `entries` is JSON: a path may contain any
 * character.
 */
export function helloToQuery(hello: Hello): string {
  const query: [string, string][] = [
    ['protocol', String(hello.protocol)],
    ['channel', hello.channel],
  ];
  if (hello.have !== null) query.push(['have', hello.have]);
  if (hello.fusion !== undefined) query.push(['fusion', hello.fusion ?? '']);
  if (hello.deploy !== null) query.push(['deploy', String(hello.deploy)]);
  if (hello.runs !== undefined) query.push(['runs', hello.runs]);
  if (hello.entries.length > 0) query.push(['entries', JSON.stringify(hello.entries)]);
  return query.map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll("'", '%27')}`).join('&');
}
