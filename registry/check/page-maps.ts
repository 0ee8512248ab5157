import {
  EMPTY_IMPORT_MAP,
  lexSpecifiers,
  mergeImportMaps,
  parseImportMap,
  type ImportMap,
} from '../../importmap/index.js';
import { excerpt, ModcastError, type Diagnostic, type Path } from '../../schema/index.js';
import { jsonError, position } from '../ingest/syntax.js';
import { baseOf } from '../pages/entries.js';
import { readPage } from '../pages/html.js';

export interface PageImportMap {
  /** All import maps of the page as one; broken ones count as none. */
  readonly map: ImportMap;
  readonly problems: readonly Diagnostic[];
}

/** What a page says of bare names, and where its import maps do not parse: a browser goes on without such a map. */
export function pageMap(path: Path, html: Uint8Array): PageImportMap {
  const page = readPage(html, lexSpecifiers);
  const texts = page.importMap === undefined ? [] : [page.importMap, ...page.laterImportMaps];
  const problems: Diagnostic[] = [];
  let map = EMPTY_IMPORT_MAP;
  for (const text of texts) {
    try {
      map = mergeImportMaps(map, parseImportMap(text, baseOf(page, path)).map).map;
    } catch (error) {
      if (!(error instanceof ModcastError)) throw error;
      problems.push(problemOf(path, new TextDecoder().decode(html), text, error));
    }
  }
  return { map, problems };
}

function problemOf(path: Path, html: string, text: string, { message }: ModcastError): Diagnostic {
  const error = jsonError(text);
  // A map of another shape than the standard's is JSON all the same: then it is meant as a whole.
  const offset = error?.offset ?? /\S/.exec(text)?.index ?? 0;
  const place = position(html, Math.max(0, html.indexOf(text)) + offset);
  return {
    path,
    kind: 'importmap',
    severity: 'error',
    // Where that is in the map alone says nothing to whoever has the page before them.
    message: error?.message.replace(/ in JSON at position .*$/s, '') ?? message,
    ...place,
    frame: excerpt(html, place.line, place.column),
  };
}
