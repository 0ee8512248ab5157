/** A shorter boot shows no bar: it would only flash. */
const SHOW_AFTER_MS = 400;

/**
 * A thin bar at the top of the page for long cold boots. It is in a shadow root, apart from the page's
 * styles. The page can set its colour with `--modcast-progress-color`.
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
    if (this.#host === undefined || this.#bar === undefined) return;
    this.#bar.style.transform = `scaleX(${this.#share})`;
    this.#host.ariaValueNow = String(Math.round(this.#share * 100));
  }

  remove(): void {
    clearTimeout(this.#timer);
    this.#host?.remove();
    this.#host = this.#bar = undefined;
  }

  #show(): void {
    const host = document.createElement('modcast-progress');
    Object.assign(host, {
      role: 'progressbar',
      ariaLabel: 'Loading',
      ariaValueMin: '0',
      ariaValueMax: '100',
    });
    const bar = document.createElement('div');
    // A page's policy may forbid style elements and attributes, but not the object model.
    bar.style.cssText =
      'position:fixed;inset:0 0 auto;height:3px;z-index:2147483647;transform-origin:0;transition:transform .12s linear;background:var(--modcast-progress-color,#4f8cff);pointer-events:none';
    host.attachShadow({ mode: 'open' }).append(bar);
    document.documentElement.append(host);
    this.#host = host;
    this.#bar = bar;
    this.update(this.#share);
  }
}
