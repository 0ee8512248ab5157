import { parseImportMap, type ImportMap } from '../../importmap/index.js';
import { LIMITS, ModcastError, isDeepJson } from '../../schema/index.js';

/**
 * Parses the import map of a page.
 * @throws ModcastError `importmap-invalid`, also for a map that is nested too deeply
 */
export function pageImportMapOf(text: string, base: string): ImportMap {
  if (!isDeepJson(text)) return parseImportMap(text, base).map;
  const expected = `at most ${LIMITS.jsonDepth} levels`;
  throw new ModcastError('importmap-invalid', `An import map is nested too deeply: expected ${expected}.`, {
    expected,
  });
}
