import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { REFERRERS } from '../unit/importmap/arbitraries.js';

/** What the documents below hold as `observed`. */
export interface Observed {
  /** URL of a module → what it says to a specifier: the URL, or null where `import.meta.resolve` throws. */
  probes: Record<string, (specifier: string) => string | null>;
  /** Messages of the error events of the window: a map that is refused as a whole is one. */
  errors: string[];
}

export interface ImportMapPages {
  origin: string;
  /** The document with the map of that index. Its `complete` is a promise of its Observed. */
  url(index: number): string;
  close(): Promise<void>;
}

const PROBE = `observed.probes[import.meta.url] = (specifier) => {
  try { return import.meta.resolve(specifier); } catch { return null; }
};`;

/** Serves a document for each import map, with one module at each of the REFERRERS and one in a blob. */
export async function serveImportMapPages(maps: readonly string[]): Promise<ImportMapPages> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const map = maps[Number(url.searchParams.get('map'))];
    if (url.pathname === '/app/index.html' && map !== undefined) {
      response.setHeader('content-type', 'text/html').end(documentWith(map));
    } else {
      response
        .setHeader('content-type', 'text/javascript')
        .setHeader('cache-control', 'max-age=600')
        .end(PROBE);
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    url: (index) => `${origin}/app/index.html?map=${index}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function documentWith(map: string): string {
  return `<!doctype html><meta charset="utf-8"><script>
    const observed = { probes: {}, errors: [] };
    addEventListener('error', (event) => observed.errors.push(event.message));
  </script>
  <script type="importmap">${map}</script>
  ${REFERRERS.map((path) => `<script type="module" src="${path}"></script>`).join('\n')}
  <script>
    const loaded = new Promise((done) => addEventListener('load', done));
    const blob = new Blob([${JSON.stringify(PROBE)}], { type: 'text/javascript' });
    var complete = Promise.all([loaded, import(URL.createObjectURL(blob))]).then(() => observed);
  </script>`;
}
