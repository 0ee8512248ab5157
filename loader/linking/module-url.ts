declare global {
  interface Uint8Array {
    /** Not in every engine yet. https://tc39.es/proposal-arraybuffer-base64/ */
    toBase64?(): string;
  }
}

/** How linked modules come to have URLs, where a policy leaves the choice. */
export type UrlKind = 'data' | 'blob';

/**
 * Chromium asks another process for every blob URL, and again for what it holds: 1 ms and more for each module. What a
 * `data:` URL says it reads on the spot. Gecko and WebKit are quicker with blobs.
 */
export const preferredUrlKind = (): UrlKind =>
  /Chrome\//.test(navigator.userAgent) && Uint8Array.prototype.toBase64 !== undefined ? 'data' : 'blob';

/** Bytes of a source above which its text in a URL costs more than asking. */
const DATA_BYTES = 128 * 1024;

let made = 0;

/**
 * A URL of its own for each call, as modules of the same bytes are as many as there are natural URLs.
 *
 * @param dataBytes linked bytes above which it is a blob's in any case
 */
export function createModuleUrl(
  kind: UrlKind,
  parts: readonly (Uint8Array | string)[],
  type: string,
  dataBytes = DATA_BYTES,
): string {
  if (kind === 'data') {
    const bytes = concatenate(parts);
    if (bytes.length <= dataBytes) return `data:${type};modcast=${++made};base64,${bytes.toBase64!()}`;
  }
  return URL.createObjectURL(new Blob(parts as BlobPart[], { type }));
}

const encoder = new TextEncoder();

function concatenate(parts: readonly (Uint8Array | string)[]): Uint8Array {
  const chunks = parts.map((part) => (typeof part === 'string' ? encoder.encode(part) : part));
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** A URL that holds its module itself: nothing else is at it, and no scope of an import map is. */
export const holdsModule = (url: string): boolean => url.startsWith('blob:') || url.startsWith('data:');

/** The URLs of modules that a text of the browser's names. */
export const MODULE_URLS = /(?:blob|data):[^\s'"]+/g;
