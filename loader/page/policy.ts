import { createModuleUrl, type UrlKind } from '../linking/module-url.js';

/** What the page's content security policy permits. */
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

function createPolicy(): TrustedTypesPolicy | undefined {
  try {
    const asItIs = (text: string): string => text;
    return globalThis.trustedTypes?.createPolicy('modcast', {
      createScript: asItIs,
      createScriptURL: asItIs,
    });
  } catch {
    return undefined;
  }
}

const policy = createPolicy();

/**
 * Sets a script's text, also under Trusted Types. Only for the page's own scripts and the loader's import
 * maps.
 */
export function setScriptText(script: HTMLScriptElement, text: string): void {
  script.text = policy === undefined ? text : policy.createScript(text);
}

export function setScriptSrc(script: Element, attribute: string, src: string): void {
  script.setAttribute(attribute, policy === undefined ? src : policy.createScriptURL(src));
}

const PROBE = '__modcast_probe__';

function insert(nonce: string, set: (script: HTMLScriptElement) => void): HTMLScriptElement {
  const script = document.createElement('script');
  script.nonce = nonce;
  set(script);
  document.documentElement.append(script);
  return script;
}

/**
 * Whether a script may load from a URL. It is a classic one: an import map has to precede the first module.
 */
function loads(nonce: string, url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const script = insert(nonce, (element) => setScriptSrc(element, 'src', url));
    script.addEventListener('load', () => resolve(true));
    script.addEventListener('error', () => resolve(false));
    script.remove();
  });
}

/** Tries what the page's policy permits: a policy in a header cannot be read. */
export async function probePolicy(nonce: string, preferred: UrlKind): Promise<Allowed> {
  const probes = globalThis as { [PROBE]?: boolean };
  try {
    insert(nonce, (script) => setScriptText(script, `${PROBE}=1`)).remove();
  } catch {
    return 'nothing';
  }
  if (probes[PROBE] === undefined) return 'nothing';
  delete probes[PROBE];
  const probe = async (kind: UrlKind): Promise<boolean> => {
    const url = createModuleUrl(kind, [''], 'text/javascript');
    const loaded = await loads(nonce, url);
    URL.revokeObjectURL(url);
    return loaded;
  };
  // Large modules have blob URLs in any case.
  const [blob, asPreferred] = await Promise.all([probe('blob'), probe(preferred)]);
  return blob ? (asPreferred ? preferred : 'blob') : 'http';
}
