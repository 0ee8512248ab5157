/** A boot shorter than this shows nothing: a bar that flashes is worse than none. */
const SHOW_AFTER_MS = 400;

/**
 * A thin bar at the top of the page for long cold boots. In a shadow root, so that the page's styles and the bar's
 * do not meet; its colour is the page's to choose by `--modcast-progress-color`.
 */
export class ProgressBar {
  #host: HTMLElement | undefined;
  #bar: HTMLElement | undefined;
  #share = 0;
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor() {
    this.#timer = setTimeout(() => this.#show(), SHOW_AFTER_MS);
  }

  /** @param share from 0 to 1 */
  update(share: number): void {
    this.#share = Math.min(1, Math.max(this.#share, share));
    this.#bar?.style.setProperty('transform', `scaleX(${this.#share})`);
    this.#host?.setAttribute('aria-valuenow', String(Math.round(this.#share * 100)));
  }

  remove(): void {
    clearTimeout(this.#timer);
    this.#host?.remove();
    this.#host = this.#bar = undefined;
  }

  #show(): void {
    const host = document.createElement('modcast-progress');
    host.setAttribute('role', 'progressbar');
    host.setAttribute('aria-label', 'Loading');
    host.setAttribute('aria-valuemin', '0');
    host.setAttribute('aria-valuemax', '100');
    const bar = document.createElement('div');
    // Through the object model: a page's policy may forbid style elements and attributes, not this.
    Object.assign(bar.style, {
      position: 'fixed',
      inset: '0 0 auto 0',
      height: '3px',
      zIndex: '2147483647',
      transformOrigin: '0 50%',
      transition: 'transform 120ms linear',
      background: 'var(--modcast-progress-color, #4f8cff)',
      pointerEvents: 'none',
    });
    host.attachShadow({ mode: 'open' }).append(bar);
    document.documentElement.append(host);
    this.#host = host;
    this.#bar = bar;
    this.update(this.#share);
  }
}
