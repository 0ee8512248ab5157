/** Bytes within which a page declares its encoding (HTML Standard, 13.2.3.2). */
export const DECLARATION_BYTES = 1024;

/** Whether a page declares its own encoding. A charset in its header would override that. */
export const declaresEncoding = (html: Uint8Array): boolean =>
  /<meta[^>]+charset/i.test(new TextDecoder('latin1').decode(html.subarray(0, DECLARATION_BYTES)));
