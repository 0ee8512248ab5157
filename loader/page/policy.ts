import { createModuleUrl, type UrlKind } from '../linking/module-url.js';

/** What the page's content security policies permit. */
export type Allowed =
  /** Everything: modules may have URLs of this kind. */
  | UrlKind
  /** An import map, but no modules from `blob:` or `data:` URLs. */
  | 'http'
  /** Not even an inline import map. */
  | 'nothing';

interface TrustedTypesPolicy {
  createScript(text: string): string;
  createScriptURL(url: string): string;
}

declare global {
  var trustedTypes:
    | { createPolicy(name: string, rules: Record<string, (text: string) => string>): TrustedTypesPolicy }
    | undefined;
}

let trusted: TrustedTypesPolicy | undefined;

/**
 * Sets a script's text, also under Trusted Types. Only for the page's own scripts and the loader's import
 * maps.
 */
export function setScriptText(script: HTMLScriptElement, text: string): void {
  script.text = trusted === undefined ? text : trusted.createScript(text);
}

export function setScriptSrc(script: Element, attribute: string, src: string): void {
  script.setAttribute(attribute, trusted === undefined ? src : trusted.createScriptURL(src));
}

/** Whether a service worker sees the page's requests. */
const hasServiceWorker = (): boolean => Boolean(globalThis.navigator?.serviceWorker?.controller);

/** A directive's values; undefined for a policy without it. */
const directive = (policy: string, name: string): string | undefined =>
  new RegExp(`(?:^|;)\\s*${name}(?![-\\w])([^;]*)`, 'i').exec(policy)?.[1];

const valuesOf = (policies: readonly string[], ...names: string[]): string[] =>
  policies.flatMap(
    (policy) => names.map((name) => directive(policy, name)).find((values) => values !== undefined) ?? [],
  );

/**
 * Reads the policies in the headers of the page's response, also those that only report. A browser does not
 * say what a policy permits, and would report an attempt as a violation.
 *
 * @param url the page's
 * @returns undefined when no answer comes before `late` resolves, or a service worker would see the request
 */
export function readPolicies(url: string, late: Promise<void>): Promise<string[] | undefined> {
  // A service worker may store the answer, which has no body, in place of the page.
  if (hasServiceWorker()) return Promise.resolve(undefined);
  const names = ['Content-Security-Policy', 'Content-Security-Policy-Report-Only'];
  // Without a request where the browser's cache may answer.
  const options: RequestInit = { method: 'HEAD', cache: 'force-cache', headers: { Accept: 'text/html' } };
  return Promise.race([fetch(url, options), late]).then(
    (response) =>
      response?.ok ? names.flatMap((name) => response.headers.get(name)?.split(',') ?? []) : undefined,
    () => undefined,
  );
}

/**
 * Prepares for Trusted Types. Call it once, before scripts are set.
 *
 * @returns whether scripts can be set
 */
export function trustScripts(policies: readonly string[] = []): boolean {
  const names = valuesOf(policies, 'trusted-types');
  if (!names.every((list) => /(?:^|\s)(?:\*|modcast)(?!\S)/.test(list)))
    return valuesOf(policies, 'require-trusted-types-for').length === 0;
  try {
    const asItIs = (text: string): string => text;
    trusted = globalThis.trustedTypes?.createPolicy('modcast', {
      createScript: asItIs,
      createScriptURL: asItIs,
    });
  } catch {
    // The policies are unknown, and forbid it.
  }
  return true;
}

/**
 * Whether a script may load from a URL. It is a classic one: an import map has to precede the first module.
 */
function loads(nonce: string, url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const script = document.createElement('script');
    script.nonce = nonce;
    setScriptSrc(script, 'src', url);
    script.addEventListener('load', () => resolve(true));
    script.addEventListener('error', () => resolve(false));
    document.documentElement.append(script);
    script.remove();
  });
}

/**
 * What the policies permit. What they seem to permit is tried: the page may have others, which are unknown.
 * Where these forbid the import map, modules at HTTP targets still find what they import.
 *
 * @param policies those of the page's headers, when they are known
 */
export async function probePolicy(
  nonce: string,
  preferred: UrlKind,
  policies: readonly string[] = [],
): Promise<Allowed> {
  const metas = document.querySelectorAll<HTMLMetaElement>('meta[http-equiv="content-security-policy" i]');
  const all = [...policies, ...[...metas].map(({ content }) => content)];
  const lists = valuesOf(all, 'script-src-elem', 'script-src', 'default-src');
  // Each response may have a nonce of its own.
  const hasNonce = (list: string) => nonce !== '' && list.includes("'nonce-");
  const isInline = (list: string) =>
    hasNonce(list) || (/'unsafe-inline'/i.test(list) && !/'(?:nonce-|sha\d|strict-d)/i.test(list));
  if (!lists.every(isInline)) return 'nothing';
  // A module hands its nonce on to what it imports. Modules that run without one need a source.
  const isNonceEnough = (list: string) =>
    hasNonce(list) &&
    (/'strict-d/i.test(list) || document.querySelector('script[src]:not([nonce])') === null);
  const probe = async (kind: UrlKind): Promise<boolean> => {
    if (!lists.every((list) => isNonceEnough(list) || list.includes(`${kind}:`))) return false;
    const url = createModuleUrl(kind, [''], 'text/javascript');
    const loaded = await loads(nonce, url);
    URL.revokeObjectURL(url);
    return loaded;
  };
  // Large modules have blob URLs in any case.
  const [blob, asPreferred] = await Promise.all([probe('blob'), probe(preferred)]);
  return blob ? (asPreferred ? preferred : 'blob') : 'http';
}
