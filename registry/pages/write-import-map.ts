import type { ImportMapJson } from '../../importmap/index.js';
import { isPackagePath, ModcastError } from '../../schema/index.js';
import { firstImportMap } from './inject-page.js';
import { splice, type Edit } from './page-edits.js';
import { parsePage, withoutBom } from './page-elements.js';

const START = '<!-- modcast: preload -->';
const END = '<!-- /modcast: preload -->';

type Rules = Readonly<Record<string, string | null>>;

/**
 * Puts an import map into a page, or brings it up to date there. The author's own rules stay; rules that lead
 * to packages are replaced. The same page comes out when it is written again.
 *
 * @param links `modulepreload` links; they replace those of the last time
 * @throws ModcastError `importmap-invalid` for a page whose import map is not JSON; `option-invalid` for a
 *   page that cannot be changed
 */
export function writeImportMap(html: Uint8Array, map: ImportMapJson, links: readonly string[]): Uint8Array {
  const plain = withoutLinks(html);
  const body = withoutBom(plain);
  const page = body && parsePage(body);
  if (body === undefined || page?.headOffset === undefined) {
    throw new ModcastError('option-invalid', 'the page is in UTF-16 or blank: it cannot get an import map');
  }
  const own = firstImportMap(page.elements);
  const range = own?.textRange();
  const json = `\n${jsonText(range === undefined ? map : joined(own!.text(), map))}\n`;
  const preloads = links.length === 0 ? '' : `\n${[START, ...links, END].join('\n')}`;
  const { headOffset } = page;
  const edits: Edit[] =
    range === undefined
      ? [newElement(headOffset, json + '</script>' + preloads)]
      : [{ ...range, text: json }, ...(preloads === '' ? [] : [afterElement(body, range.end, preloads)])];
  return splice(plain, plain.length - body.length, edits);
}

const newElement = (at: number, rest: string): Edit => ({
  start: at,
  end: at,
  text: `\n<script type="importmap">${rest}`,
});

function afterElement(body: Buffer, textEnd: number, text: string): Edit {
  const end = body.indexOf('>', textEnd) + 1;
  return { start: end, end, text };
}

function withoutLinks(html: Uint8Array): Uint8Array {
  const text = Buffer.from(html.buffer, html.byteOffset, html.byteLength).toString('latin1');
  const start = text.indexOf(`\n${START}`);
  const end = text.indexOf(END, start);
  if (start === -1 || end === -1) return html;
  return Buffer.from(text.slice(0, start) + text.slice(end + END.length), 'latin1');
}

/** In ASCII, and without `<`, which could end the element. */
const jsonText = (map: ImportMapJson): string =>
  JSON.stringify(map, null, 2).replace(
    /[^\x20-\x7e\n]|</g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function joined(text: string, map: ImportMapJson): ImportMapJson {
  let own: ImportMapJson;
  try {
    own = JSON.parse(text) as ImportMapJson;
  } catch (cause) {
    throw new ModcastError('importmap-invalid', "the page's import map is not JSON", { found: text, cause });
  }
  const scopes: Record<string, Rules> = {};
  for (const scope of new Set([...Object.keys(own.scopes ?? {}), ...Object.keys(map.scopes ?? {})])) {
    const rules = { ...authored(own.scopes?.[scope]), ...map.scopes?.[scope] };
    if (Object.keys(rules).length > 0) scopes[scope] = rules;
  }
  return {
    ...own,
    imports: { ...authored(own.imports), ...map.imports },
    ...(Object.keys(scopes).length === 0
      ? { scopes: undefined }
      : { scopes: scopes as ImportMapJson['scopes'] }),
    ...(map.integrity === undefined ? {} : { integrity: { ...own.integrity, ...map.integrity } }),
  } as ImportMapJson;
}

/** The rules that lead to no package: neither in a deploy, nor at a public host. */
const authored = (rules: Rules = {}): Rules =>
  Object.fromEntries(
    Object.entries(rules).filter(([, address]) => address === null || !isOfPackage(address)),
  );

const HOSTS = /^https:\/\/(?:esm\.sh\/\*|ga\.jspm\.io\/npm:|unpkg\.com\/)/;

function isOfPackage(address: string): boolean {
  if (HOSTS.test(address)) return true;
  const at = address.lastIndexOf('npm/');
  return at !== -1 && !/^https?:/.test(address) && isPackagePath(address.slice(at));
}
