import { createModuleUrl, type UrlKind } from '../linking/module-url.js';

/** What the page's content security policy leaves of modcast. */
export type Allowed =
  /** All of it: modules may have URLs of this kind. */
  | UrlKind
  /** An import map, but neither blobs nor data as modules: the map's targets are HTTP URLs. */
  | 'http'
  /** No inline import map: the page runs without. */
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

/** Sets a script's source where Trusted Types may guard it: only what the page held, and import maps of ours. */
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

/** Whether a classic script at a URL runs: no module has loaded yet, and none is to. */
function loads(nonce: string, url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const script = insert(nonce, (element) => setScriptSrc(element, 'src', url));
    script.addEventListener('load', () => resolve(true));
    script.addEventListener('error', () => resolve(false));
    script.remove();
  });
}

/** Finds out by trying, since nothing says what a policy in a header allows. */
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
  // Large modules and later instances have blob URLs in any case.
  const [blob, asPreferred] = await Promise.all([probe('blob'), probe(preferred)]);
  return blob ? (asPreferred ? preferred : 'blob') : 'http';
}
