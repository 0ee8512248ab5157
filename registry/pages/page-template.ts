import { randomBytes } from 'node:crypto';
import { lexImportCalls, lexSpecifiers, PLACEHOLDER_ROOT } from '../../importmap/index.js';
import type { Manifest, Path } from '../../schema/index.js';
import { isModule } from '../ingest/syntax.js';
import type { EarlyUse } from './early-use.js';
import { pageEntries } from './entries.js';
import { injectPage, type LoaderScript } from './inject-page.js';
import { dataAttributes } from './page-edits.js';
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
  /** Policies in the headers of the page, as `policiesOfHeaders` returns them. Default: none are known. */
  readonly policies?: readonly string[];
  /** Data attributes of its tag that are the same for all deploys. */
  readonly data: Readonly<Record<string, string>>;
}

/** A page with the loader, except for what differs from deploy to deploy. It takes long to make. */
export interface PageTemplate {
  readonly page: Page;
  /**
   * The bytes before and after the attributes that are missing; one part when the page has its own tag of
   * the loader. Null when the page has to be served unchanged.
   */
  readonly parts: readonly Uint8Array[] | null;
  /** Why `parts` is null. Null also where the page's author wants it. */
  readonly unchanged: ExplainedPage | null;
}

/** Stands for the missing attributes. No page can contain it. */
const SLOT = { slot: randomBytes(16).toString('hex') };

export function pageTemplate(html: Uint8Array, { noticeSrc, data, ...tag }: LoaderOptions): PageTemplate {
  const page = readPage(html, lexSpecifiers);
  const injected = injectPage(html, {
    ...tag,
    lex: lexSpecifiers,
    importCalls: lexImportCalls,
    parses: isModule,
    data: { ...data, ...SLOT },
  });
  if (injected === undefined)
    return { page, parts: null, unchanged: explainUnchanged(html, noticeSrc, tag.policies) ?? null };
  const slot = dataAttributes(SLOT);
  const at = Buffer.from(injected.buffer, injected.byteOffset, injected.byteLength).indexOf(slot);
  if (at === -1) return { page, parts: [injected], unchanged: null };
  const parts = [injected.subarray(0, at), injected.subarray(at + slot.length)];
  return { page, parts, unchanged: null };
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
 */
export function fillTemplate(
  { page, parts, unchanged }: PageTemplate,
  path: Path,
  manifest: Manifest,
  use: EarlyUse,
  data: Readonly<Record<string, string>>,
  root = PLACEHOLDER_ROOT,
): Uint8Array | undefined {
  if (parts === null) return unchanged?.withNotice;
  const [before, after] = parts;
  if (after === undefined) return before;
  const entries = JSON.stringify(pageEntries(page, path, manifest.modules, root));
  const attributes = Buffer.from(dataAttributes({ ...data, ...early(page, use), entries }), 'latin1');
  return new Uint8Array(Buffer.concat([before!, attributes, after]));
}
