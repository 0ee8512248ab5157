declare global {
  interface Uint8Array {
    /** Not in every engine yet. https://tc39.es/proposal-arraybuffer-base64/ */
    toBase64?(): string;
  }
}

/** How a linked module gets a URL of its own. */
export type UrlKind = 'data' | 'blob';

/**
 * Chromium asks another process for each blob URL and again for its bytes, which takes 1 ms and more per
 * module. It reads `data:` URLs in place. Gecko and WebKit are faster with blobs.
 */
export const preferredUrlKind = (): UrlKind =>
  /Chrome\//.test(navigator.userAgent) && Uint8Array.prototype.toBase64 !== undefined ? 'data' : 'blob';

let count = 0;

/** Each call returns another URL: modules with the same bytes are still one instance per natural URL. */
export function createModuleUrl(
  kind: UrlKind,
  parts: readonly (Uint8Array | string)[],
  type: string,
): string {
  if (kind === 'blob') return URL.createObjectURL(new Blob(parts as BlobPart[], { type }));
  return `data:${type};modcast=${++count};base64,${concatenate(parts).toBase64!()}`;
}

/** Paint worklets, which load this too, have no `TextEncoder`. */
const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function concatenate(parts: readonly (Uint8Array | string)[]): Uint8Array {
  const chunks = parts.map((part) => (typeof part === 'string' ? encode(part) : part));
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Whether a URL contains a module itself. No scope of an import map applies to it. */
export const holdsModule = (url: string): boolean => url.startsWith('blob:') || url.startsWith('data:');

/** URLs that hold modules in a text of the browser's. A line and a column may follow. */
export const MODULE_URLS = /blob:[^\s'"]*?\/[\da-f-]{36}|data:[^\s'";]*;modcast=[\w+/=;,]*/g;
