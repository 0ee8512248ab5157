import { PLACEHOLDER_ROOT } from '../../importmap/index.js';
import { isJavaScriptType } from '../content/media-type.js';
import type { PageElement } from './page-elements.js';

/** The URL of an external script. In SVG it is `href`, else `xlink:href` (SVG 2, Linking). */
export function scriptSource(script: PageElement): string | undefined {
  return script.svg ? (script.attribute('href') ?? script.attribute('xlink:href')) : script.attribute('src');
}

/**
 * The kind of a script that the loader runs instead of the browser, by "prepare the script element" (HTML
 * Standard, 4.12.1.1). Undefined for a script that the browser would not run: the loader must not run it
 * either. White space around the type is significant in some browsers: there the guard does not hold it.
 */
export function heldType(element: PageElement): 'module' | 'importmap' | undefined {
  if (element.tag !== 'script') return undefined;
  const type = element.attribute('type') ?? '';
  const [, kind] = /^[\t\n\f\r ]*(module|importmap)[\t\n\f\r ]*$/.exec(type.toLowerCase()) ?? [];
  if ((kind !== 'module' && kind !== 'importmap') || !element.complete) return undefined;
  const src = scriptSource(element);
  if (src !== undefined) return kind === 'module' && src !== '' ? kind : undefined;
  return element.text() === '' ? undefined : kind;
}

/** Whether this is a classic script with the loader's path, on any host and below any prefix. */
export function isLoader(element: PageElement, loaderSrc: string): boolean {
  if (element.tag !== 'script' || element.inShadowRoot || !element.complete) return false;
  const src = scriptSource(element);
  const type = (element.attribute('type') ?? '').trim();
  if (src === undefined || (type !== '' && !isJavaScriptType(type))) return false;
  return urlPath(src)?.endsWith(urlPath(loaderSrc) ?? loaderSrc) ?? false;
}

/** The guard of a page that was injected before, for example by a static export. */
export const isGuard = (element: PageElement): boolean =>
  element.tag === 'script' && element.attribute('data-guard') !== undefined;

function urlPath(url: string): string | undefined {
  const base = PLACEHOLDER_ROOT;
  return URL.canParse(url, base) ? new URL(url, base).pathname : undefined;
}

/**
 * A deferred classic script. Browsers run these in one queue with module scripts, so one after a module
 * script has to wait for it.
 */
export function isDeferred(script: PageElement): boolean {
  if (script.svg || script.inShadowRoot || !isClassic(script)) return false;
  if (!script.attribute('src') || script.attribute('defer') === undefined) return false;
  return script.attribute('async') === undefined;
}

/** A classic script that a browser with modules runs. */
export function isClassic(script: PageElement): boolean {
  if (script.tag !== 'script' || !script.complete || script.attribute('nomodule') !== undefined) return false;
  const type = script.attribute('type') ?? oldType(script.attribute('language'));
  return type === '' || isJavaScriptType(type.trim());
}

/** A module script that holds back rendering until it has run. */
export const blocksRendering = (script: PageElement): boolean =>
  heldType(script) === 'module' &&
  /(?:^|[\t\n\f\r ])render(?![^\t\n\f\r ])/i.test(script.attribute('blocking') ?? '');

/** The type that the obsolete `language` attribute gives. */
const oldType = (language: string | undefined): string => (language ? `text/${language}` : '');

/** `<meta name="modcast" content="off">` */
export function isOptOut(element: PageElement): boolean {
  if (element.tag !== 'meta') return false;
  return (
    /^modcast$/i.test(element.attribute('name') ?? '') &&
    /^\s*off\s*$/i.test(element.attribute('content') ?? '')
  );
}
