const ESCAPES: { readonly [byte: number]: string } = {
  0x07: 'a',
  0x08: 'b',
  0x09: 't',
  0x0a: 'n',
  0x0b: 'v',
  0x0c: 'f',
  0x0d: 'r',
  0x22: '"',
  0x5c: '\\',
};

const isPlain = (byte: number): boolean => byte >= 0x20 && byte < 0x7f && !(byte in ESCAPES);

/**
 * A file name as git and patch write it: in quotes, with escapes, when it has quotes, backslashes, control or
 * non-ASCII characters.
 *
 * @param whenSpaced quote a name with a space too
 */
export function quoteName(name: string, whenSpaced = false): string {
  const bytes = Buffer.from(name);
  if (bytes.every(isPlain) && !(whenSpaced && name.includes(' '))) return name;
  let text = '';
  for (const byte of bytes) {
    if (isPlain(byte)) text += String.fromCharCode(byte);
    else text += `\\${ESCAPES[byte] ?? byte.toString(8).padStart(3, '0')}`;
  }
  return `"${text}"`;
}
