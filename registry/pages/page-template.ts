import { randomBytes } from 'node:crypto';
import {
  EMPTY_IMPORT_MAP,
  lexImportCalls,
  lexSpecifiers,
  PLACEHOLDER_ROOT,
  type ImportMap,
} from '../../importmap/index.js';
import type { Manifest, Path } from '../../schema/index.js';
import { isModule } from '../ingest/syntax.js';
import type { EarlyUse } from './early-use.js';
import { mapBase, pageEntries } from './entries.js';
import { pageImportMapOf } from './import-map-text.js';
import { directTemplate, type DirectTemplate } from './direct-template.js';
import { injectPage, type LoaderScript } from './inject-page.js';
import { ASYNC, dataAttributes, importMapTag, PRELOAD_STOP } from './page-edits.js';
import { importMapText } from './page-import-map-text.js';
import { readPage, type Page } from './read-page.js';
import { explainUnchanged, type ExplainedPage } from './unchanged-page.js';

export interface LoaderOptions {
  /** The loader of pages that get the guard. */
  readonly loader: LoaderScript;
  /** That of pages without it. Default: the same. */
  readonly standalone?: LoaderScript;
  /**
   * The start of the URL of the script that tells the console why a page has no loader; the reason's code
   * follows. Undefined: pages get none.
   */
  readonly noticeSrc?: string;
  /** The source text of the guard. */
  readonly guard: string;
  /** Whether pages may start without the loader. Default: not. */
  readonly direct?: boolean;
  /** Policies in the headers of the page, as `policiesOfHeaders` returns them. Default: none are known. */
  readonly policies?: readonly string[];
  /** Data attributes of its tag that are the same for all deploys. */
  readonly data: Readonly<Record<string, string>>;
}

/** A page with the loader, except for what differs from deploy to deploy. It takes long to make. */
export interface PageTemplate {
  readonly page: Page;
  /**
   * The bytes around what is missing: attributes of the loader, unless the page has its own tag of it, and
   * the first import map; `async` where workers run the page's deploy. Null when the page has to be served
   * unchanged.
   */
  readonly parts: readonly (Uint8Array | 'async' | 'data' | 'map')[] | null;
  /** For starting without the loader. Undefined for a page that needs it. */
  readonly direct?: DirectTemplate | undefined;
  /** Why `parts` is null. Null also where the page's author wants it. */
  readonly unchanged: ExplainedPage | null;
}

/** Stand for what is missing. No page can contain them. */
const SLOT = { slot: randomBytes(16).toString('hex') };
const MAP_SLOT = randomBytes(16).toString('hex');
const ASYNC_SLOT = ` ${randomBytes(16).toString('hex')}`;

export function pageTemplate(
  html: Uint8Array,
  { noticeSrc, data, direct: mayBeDirect = false, ...tag }: LoaderOptions,
): PageTemplate {
  const page = readPage(html, lexSpecifiers);
  const injected = injectPage(html, {
    ...tag,
    lex: lexSpecifiers,
    importCalls: lexImportCalls,
    parses: isModule,
    data: { ...data, ...SLOT },
    mapSlot: MAP_SLOT,
    asyncSlot: 'workers' in data ? ASYNC_SLOT : undefined,
  });
  if (injected === undefined)
    return { page, parts: null, unchanged: explainUnchanged(html, noticeSrc, tag.policies) ?? null };
  const bytes = Buffer.from(injected.buffer, injected.byteOffset, injected.byteLength);
  const parts = splitAt(bytes, [
    ['async', ASYNC_SLOT],
    ['data', dataAttributes(SLOT)],
    ['map', MAP_SLOT],
  ]);
  const direct = mayBeDirect ? directTemplate(html, page, tag.loader.src, tag.policies) : undefined;
  return { page, parts, direct, unchanged: null };
}

/** Splits bytes at texts that they contain at most once, in any order. */
function splitAt<N extends string>(bytes: Buffer, slots: readonly (readonly [N, string])[]): (Buffer | N)[] {
  const found = slots
    .map(([name, text]) => ({ name, length: text.length, at: bytes.indexOf(text) }))
    .filter(({ at }) => at !== -1)
    .toSorted((a, b) => a.at - b.at);
  const parts: (Buffer | N)[] = [];
  let done = 0;
  for (const { name, length, at } of found) {
    parts.push(bytes.subarray(done, at), name);
    done = at + length;
  }
  return [...parts, bytes.subarray(done)];
}

/** Which of a page's scripts the browser runs itself, before the loader is there. */
function early({ blocksRendering }: Page, use: EarlyUse): Record<string, string> {
  if (use.modules) return { early: 'import' };
  return blocksRendering ? { early: 'render' } : {};
}

/**
 * A page with the loader, or with the notice that it has none. Undefined when the page has to be served
 * unchanged.
 *
 * @param path where the page is in the site
 * @param use what the page's classic scripts may do early
 * @param data the missing data attributes, without the page's entries
 * @param root URL of the site's root, as `placeholderRoot` returns it
 * @param packages the deploy's import map for packages
 */
export function fillTemplate(
  { page, parts, unchanged }: PageTemplate,
  path: Path,
  manifest: Manifest,
  use: EarlyUse,
  data: Readonly<Record<string, string>>,
  root = PLACEHOLDER_ROOT,
  packages: ImportMap = EMPTY_IMPORT_MAP,
): Uint8Array | undefined {
  if (parts === null) return unchanged?.withNotice;
  const entries = JSON.stringify(pageEntries(page, path, manifest.modules, root, packages));
  const attributes = Buffer.from(dataAttributes({ ...data, ...early(page, use), entries }), 'latin1');
  const done: Uint8Array[] = [];
  let isMapAdded = false;
  for (const part of parts) {
    if (part === 'data') done.push(attributes);
    // A classic script waits for the loader, and starts a worker of the page's deploy.
    else if (part === 'async') done.push(Buffer.from(use.workers ? '' : ASYNC));
    else if (part === 'map') {
      const text = mapPart(page, path, packages, root);
      isMapAdded = page.importMap === undefined && text !== '';
      done.push(Buffer.from(text));
    } else {
      // The page's import map stops the browser's preloads.
      const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
      const isStopped =
        isMapAdded && bytes.subarray(0, PRELOAD_STOP.length).equals(Buffer.from(PRELOAD_STOP));
      done.push(isStopped ? bytes.subarray(PRELOAD_STOP.length) : bytes);
      isMapAdded = false;
    }
  }
  return new Uint8Array(Buffer.concat(done));
}

/** The text of the page's first import map with the rules of packages, or a whole element. */
function mapPart(page: Page, path: Path, packages: ImportMap, root: string): string {
  const { importMap: text, nonce } = page;
  if (text === undefined) {
    const added = importMapText(null, packages, root);
    return added === null ? '' : importMapTag(added, nonce);
  }
  try {
    const base = mapBase(page, path, 0, root);
    return importMapText({ text, base, map: pageImportMapOf(text, base) }, packages, root) ?? text;
  } catch {
    // The browser reports an import map that does not parse.
    return text;
  }
}
