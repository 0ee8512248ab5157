import { create, rootElement } from './native-document.js';
import { withNatives } from './natives.js';

export interface MarkerOptions {
  /** Sets a script's text. May throw where the page's policy forbids it. */
  readonly setText: (script: HTMLScriptElement, text: string) => void;
  readonly nonce: string;
  /** Whether it runs after the scripts that are inserted in order before it. */
  readonly inOrder: boolean;
  /** @param resolve its `import.meta.resolve`; undefined where it cannot run */
  readonly ran: (resolve?: (specifier: string) => string) => void;
}

/** Runs an inline module that only calls back. */
export const runMarker = (options: MarkerOptions): void => withNatives(() => insertMarker(options));

function insertMarker({ setText, nonce, inOrder, ran }: MarkerOptions): void {
  const name = '__modcast_ran__';
  const host = create('modcast-marker' as 'span');
  const settle = (resolve?: unknown) => {
    delete (globalThis as Record<string, unknown>)[name];
    withNatives(() => host.remove());
    ran(typeof resolve === 'function' ? (resolve as (specifier: string) => string) : undefined);
  };
  Object.defineProperty(globalThis, name, { configurable: true, value: settle });
  try {
    const script = create('script');
    script.type = 'module';
    script.async = !inOrder;
    script.nonce = nonce;
    script.addEventListener('error', settle);
    setText(script, `${name}(import.meta.resolve)`);
    // In a shadow tree, where the page's scripts do not find it.
    host.attachShadow({ mode: 'closed' }).append(script);
    rootElement().append(host);
  } catch {
    settle();
  }
}
