import {
  naturalUrl,
  parseImportMap,
  pathOfUrl,
  PLACEHOLDER_ROOT,
  sameImportMap,
  type DirectMap,
  type ImportMap,
} from '../../importmap/index.js';
import type { Manifest, Path } from '../../schema/index.js';
import type { DirectStart } from '../fuse/direct-fusions.js';
import type { DirectTemplate } from './direct-template.js';
import { pageBase, pageEntries, pageImportMap } from './entries.js';
import type { LoaderScript } from './inject-page.js';
import { asciiJson, attribute, withReferences } from './page-edits.js';
import type { Page, PageScript } from './read-page.js';

export interface DirectPageOptions {
  readonly template: DirectTemplate;
  readonly page: Page;
  /** Where the page is in the site. */
  readonly path: Path;
  readonly manifest: Manifest;
  readonly start: DirectStart;
  /** URL of the site's root, as `placeholderRoot` returns it. */
  readonly root: string;
  /** Of the registry's routes, below the origin. */
  readonly prefix: string;
  readonly packages: ImportMap;
  /** The page's first script. */
  readonly starter: string;
  /** URL of what runs the page natively where its first script cannot run. */
  readonly fallback: string;
  readonly loader: LoaderScript;
  /** Data attributes of the loader's tag. */
  readonly data: Readonly<Record<string, string>>;
}

/** A page that starts without the loader. Undefined where its deploy, or its import map, needs the loader. */
export function directPage(options: DirectPageOptions): Uint8Array | undefined {
  const { template, page, path, manifest, start, root, packages } = options;
  if (!parses(page.importMap)) return undefined;
  // Runs are made with the import map of the deploy.
  if (!sameImportMap(pageImportMap(page, path, root, packages), start.importMap)) return undefined;
  const entries = pageEntries(page, path, manifest.modules, root, packages);
  const found = entries.map((entry) => start.map.preloads(entry));
  const preloads = {
    scripts: [...new Set(found.flatMap(({ scripts }) => scripts))],
    others: [...new Set(found.flatMap(({ others }) => others))],
  };
  const base = pageBase(page, path, false, root);
  // Another spelling of a URL, or a query, is another instance, from which nobody was expected to start.
  const isPlanned = ({ src }: PageScript) => {
    if (src === undefined || !URL.canParse(src, base)) return true;
    const url = new URL(src, base).href;
    const at = pathOfUrl(root, url);
    return at === undefined || !manifest.modules.has(at) || naturalUrl(root, at) === url;
  };
  if (!page.scripts.every(isPlanned)) return undefined;
  const parts = template.parts.map((part) => {
    if (part === 'head') return Buffer.from(headTags(options, preloads, entries), 'latin1');
    if (part instanceof Uint8Array) return part;
    const url = URL.canParse(part.src, base) ? new URL(part.src, base).href : '';
    const entry = start.map.urlOf(url) === undefined ? undefined : pathOfUrl(root, url);
    return Buffer.from(withReferences(entry === undefined ? part.src : start.map.entryUrl(entry)), 'latin1');
  });
  return new Uint8Array(Buffer.concat(parts));
}

/** The browser reports one that does not parse. */
function parses(importMap = '{}'): boolean {
  try {
    parseImportMap(importMap, PLACEHOLDER_ROOT);
    return true;
  } catch {
    return false;
  }
}

/** The first script, which preloads modules after the import map, and that. */
function headTags(
  { page, root, prefix, start, starter, fallback, loader, data }: DirectPageOptions,
  preloads: ReturnType<DirectMap['preloads']>,
  entries: readonly Path[],
): string {
  const nonce = page.nonce === undefined ? '' : attribute('nonce', page.nonce);
  const settings = { ...data, entries: JSON.stringify(entries) };
  const base = root.slice(PLACEHOLDER_ROOT.length - 1);
  const workers = start.map.workers();
  const hasWorkers = Object.keys(workers).length > 0;
  return [
    `<script data-modcast-direct="${base} ${prefix} ${start.hash}"${attribute('data-loader', loader.src)}`,
    loader.integrity === undefined ? '' : attribute('data-integrity', loader.integrity),
    attribute('data-preloads', asciiJson(preloads.scripts)),
    attribute('data-others', asciiJson(preloads.others)),
    hasWorkers ? attribute('data-workers', asciiJson(workers)) : '',
    `${attribute('data-settings', asciiJson(settings))}${nonce}>${starter}</script>`,
    `<script type="importmap" data-modcast-added${nonce}>${start.text}</script>`,
    `<script async${attribute('src', fallback)}${nonce}></script>`,
  ].join('');
}
