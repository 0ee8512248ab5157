// The globals that both Node and browsers have and that this directory uses. Declared here, so that neither
// Node's nor the DOM's types are available by accident.
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: Uint8Array): string;
}
