function names(): string[] {
  try {
    return localStorage['debug']?.split(/[\s,]+/) ?? [];
  } catch {
    // No storage, or a page that may not read it.
    return [];
  }
}

/**
 * Logs to the console where `localStorage.debug` names the namespace: `modcast:socket`, `modcast:*` or `*`,
 * several separated by commas. It is read once per namespace.
 */
export function createDebug(namespace: 'socket' | 'cache' | 'link' | 'hot'): (...values: unknown[]) => void {
  const name = `modcast:${namespace}`;
  const isOn = names().some(
    (text) => text === name || (text.endsWith('*') && name.startsWith(text.slice(0, -1))),
  );
  return isOn ? (...values) => console.debug(name, ...values) : () => {};
}
