/** What the page's content security policy leaves of modcast. */
export type Allowed =
  /** All of it. */
  | 'blobs'
  /** An import map, but no blob modules: the map's targets are HTTP URLs. */
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

/** Finds out by trying, since nothing says what a policy in a header allows. Classic scripts: no module has loaded. */
export async function probePolicy(nonce: string): Promise<Allowed> {
  const probes = globalThis as { [PROBE]?: boolean };
  try {
    insert(nonce, (script) => setScriptText(script, `${PROBE}=1`)).remove();
  } catch {
    return 'nothing';
  }
  if (probes[PROBE] === undefined) return 'nothing';
  delete probes[PROBE];
  const url = URL.createObjectURL(new Blob(['']));
  const loaded = await new Promise<boolean>((resolve) => {
    const script = insert(nonce, (element) => setScriptSrc(element, 'src', url));
    script.addEventListener('load', () => resolve(true));
    script.addEventListener('error', () => resolve(false));
    script.remove();
  });
  URL.revokeObjectURL(url);
  return loaded ? 'blobs' : 'http';
}
