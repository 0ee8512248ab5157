import { EMPTY_IMPORT_MAP, mergeImportMaps, type ImportMap } from '../../importmap/index.js';
import { excerpt, ModcastError, type Diagnostic, type Path } from '../../schema/index.js';
import { jsonError, position } from '../ingest/syntax.js';
import { mapBase } from '../pages/entries.js';
import { pageImportMapOf } from '../pages/import-map-text.js';
import type { Page } from '../pages/read-page.js';

export interface PageImportMaps {
  /** All import maps of the page, merged. Invalid ones are skipped, as a browser does. */
  readonly map: ImportMap;
  /** One for each invalid import map. */
  readonly invalid: readonly Diagnostic[];
}

/**
 * @param htmlOf called when an import map is invalid, to describe its place
 * @param root URL of the site's root, as `placeholderRoot` returns it
 */
export async function readImportMaps(
  path: Path,
  page: Page,
  htmlOf: () => Promise<Uint8Array | undefined>,
  root: string,
): Promise<PageImportMaps> {
  const texts = page.importMap === undefined ? [] : [page.importMap, ...page.laterImportMaps];
  const invalid: Diagnostic[] = [];
  let map = EMPTY_IMPORT_MAP;
  for (const [index, text] of texts.entries()) {
    try {
      map = mergeImportMaps(map, pageImportMapOf(text, mapBase(page, path, index, root))).map;
    } catch (error) {
      if (!(error instanceof ModcastError)) throw error;
      invalid.push(diagnosticOf(path, new TextDecoder().decode(await htmlOf()), text, error));
    }
  }
  return { map, invalid };
}

function diagnosticOf(path: Path, html: string, text: string, { message }: ModcastError): Diagnostic {
  const error = jsonError(text);
  // Valid JSON of the wrong shape: the place is the start of the map.
  const offset = error?.offset ?? /\S/.exec(text)?.index ?? 0;
  const place = position(html, Math.max(0, html.indexOf(text)) + offset);
  return {
    path,
    kind: 'importmap',
    severity: 'warning',
    // The parser's position counts from the start of the map; `line` and `column` count in the page.
    message: error?.message.replace(/ in JSON at position .*$/s, '') ?? message,
    ...place,
    frame: excerpt(html, place.line, place.column),
  };
}
