import { nativeState, select } from './native-document.js';
import { withNatives } from './natives.js';

/**
 * Natively a module script waits for the style sheets before it, so that it can measure the layout. Inserted
 * scripts do not, so this gate waits instead. It exists before the first style sheet and sees the events of
 * all.
 */
export class StylesheetGate {
  /** Links whose style sheet has loaded or failed, with all that it imports. */
  readonly #settled: EventTarget[] = [];
  /** Whether the page's `load` event has been due: nothing blocks scripts after it. */
  #isLoaded = nativeState() === 'complete';
  #check: () => void = () => {};

  constructor() {
    addEventListener(
      'load',
      () => {
        this.#isLoaded = true;
        this.#check();
      },
      true,
    );
    for (const name of ['load', 'error']) {
      document.addEventListener(
        name,
        ({ target }) => {
          if (target instanceof HTMLLinkElement) this.#settled[this.#settled.length] = target;
          this.#check();
        },
        // These events do not bubble.
        true,
      );
    }
  }

  /** Calls back when no style sheet of the page blocks scripts. */
  whenSettled(callback: () => void): void {
    this.#check = () => {
      if (withNatives(() => this.#blocking().length > 0)) return;
      this.#check = () => {};
      callback();
    };
    this.#check();
  }

  #blocking(): HTMLLinkElement[] {
    if (this.#isLoaded) return [];
    return select<HTMLLinkElement>('link[rel~="stylesheet" i][href]').filter(
      (link) =>
        isLoading(link.sheet) &&
        !this.#settled.includes(link) &&
        !link.disabled &&
        !link.relList.contains('alternate') &&
        matchMedia(link.media).matches,
    );
  }
}

/**
 * Whether a style sheet, or one that it imports, is still loading: then it is null. Chromium has a `sheet`
 * for a link before it has loaded all imports, and does not apply it yet.
 *
 * @param sheet undefined for the rules that import nothing
 */
function isLoading(sheet: CSSStyleSheet | null | undefined): boolean {
  try {
    return (
      sheet === null ||
      (sheet !== undefined &&
        [...sheet.cssRules].some(({ styleSheet }: Partial<CSSImportRule>) => isLoading(styleSheet)))
    );
  } catch {
    // The rules of another origin's style sheet cannot be read.
    return false;
  }
}
