const TEXTS = {
  section: (name: string) => `${name} is not a section of an import map and is ignored.`,
  'empty-key': () => 'A specifier key is the empty string and is ignored.',
  'address-type': (key: string) => `The address of ${key} is not a string: the specifier is blocked.`,
  'address-url': (key: string, value: string) =>
    `The address of ${key} is not a URL, "/…", "./…" or "../…": ${value}. The specifier is blocked.`,
  'address-slash': (key: string, value: string) =>
    `The address of ${key} does not end in a slash as its key does: ${value}. The prefix is blocked.`,
  scope: (prefix: string) => `The scope ${prefix} is not a URL and is ignored.`,
  'integrity-key': (key: string) =>
    `The integrity key ${key} is not a URL, "/…", "./…" or "../…" and is ignored.`,
  'integrity-type': (key: string) => `The integrity of ${key} is not a string and is ignored.`,
};

/**
 * The text of a warning about an entry of an import map. Bundles for browsers, which warn by themselves, are
 * built without the texts.
 *
 * @param key of the entry
 * @param value its value
 */
export const importMapWarning = (kind: keyof typeof TEXTS, key: string, value = ''): string =>
  TEXTS[kind](JSON.stringify(key), JSON.stringify(value));
