import { setScriptText } from './policy.js';

/** Installs an import map. It stays installed without its element. */
export function installImportMap(json: string, nonce: string): void {
  const script = document.createElement('script');
  script.type = 'importmap';
  script.nonce = nonce;
  setScriptText(script, json);
  document.documentElement.append(script);
  script.remove();
}
