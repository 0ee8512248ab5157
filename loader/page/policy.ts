import { createModuleUrl, type UrlKind } from '../linking/module-url.js';
import { whenSettled } from './settled-element.js';

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
    | {
        createPolicy(name: string, rules: Record<string, (text: string) => string>): TrustedTypesPolicy;
        isScriptURL(value: unknown): boolean;
      }
    | undefined;
}

/** Policies that violations have shown, the page's own violations included. */
export const shownPolicies = new Set<string>();

let trusted: TrustedTypesPolicy | undefined;

/**
 * Sets a script's text, also under Trusted Types. Only for the page's own scripts and the loader's import
 * maps.
 */
export function setScriptText(script: HTMLScriptElement, text: string): void {
  script.text = trusted === undefined ? text : trusted.createScript(text);
}

export const trustedUrl = (url: string): string => trusted?.createScriptURL(url) ?? url;

export function setScriptSrc(script: Element, attribute: string, src: string): void {
  script.setAttribute(attribute, trustedUrl(src));
}

/** A directive's values; undefined for a policy without it. */
const directive = (policy: string, name: string): string | undefined =>
  new RegExp(`(?:^|;)\\s*${name}(?![-\\w])([^;]*)`, 'i').exec(policy)?.[1];

const valuesOf = (policies: readonly string[], ...names: string[]): string[] =>
  policies.flatMap(
    (policy) => names.map((name) => directive(policy, name)).find((values) => values !== undefined) ?? [],
  );

/** Whether the policies permit the socket. Where there is none, `scheme` is that of requests. */
export function permitConnection(policies: readonly string[], scheme: 'ws' | 'http'): boolean {
  const own = new RegExp(`^${scheme}s?:(?://)?\\*?`, 'i');
  const isOwn = (source: string) =>
    source === '*' ||
    source === "'self'" ||
    (own.test(source) && location.hostname.endsWith(source.replace(own, '').replace(/[:/].*/, '')));
  return valuesOf(policies, 'connect-src', 'default-src').every((list) => list.split(/\s+/).some(isOwn));
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

/** WebKit sends no event to a script that is neither in the page nor referenced when it collects garbage. */
const loading = new Set<Element>();

/**
 * Whether a script may load from a URL. It is a classic one: an import map has to precede the first module.
 */
function loads(nonce: string, url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const script = document.createElement('script');
    script.nonce = nonce;
    setScriptSrc(script, 'src', url);
    loading.add(script);
    whenSettled(script, (name) => {
      loading.delete(script);
      resolve(name === 'load');
    });
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
  const all = [...policies, ...shownPolicies, ...[...metas].map(({ content }) => content)];
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
  // An attempt that was reported has shown a policy.
  if ([...shownPolicies].some((policy) => !all.includes(policy)))
    return probePolicy(nonce, preferred, policies);
  return blob ? (asPreferred ? preferred : 'blob') : 'http';
}
