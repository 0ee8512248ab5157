// The part of the platform that Node and browsers share and that this room uses. Written out here, so that
// neither Node's nor the DOM's own types can slip in.
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array): string;
}
