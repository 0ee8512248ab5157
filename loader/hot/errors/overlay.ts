import type { HotError } from '../api.js';
import type { Place } from './editor.js';
import { OVERLAY_STYLE } from './overlay-style.js';

interface Parts {
  readonly className?: string;
  readonly text?: string;
  readonly children?: readonly (Node | string)[];
}

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  { className, text, children }: Parts = {},
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  if (className !== undefined) made.className = className;
  if (text !== undefined) made.textContent = text;
  if (children !== undefined) made.append(...children);
  return made;
}

/** Shows errors over the page until they are fixed or Escape is pressed. */
export class Overlay {
  readonly #open: (place: Place) => Promise<string | null>;
  #host: HTMLElement | undefined;
  readonly #onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    // The page must not act on the same key.
    event.stopPropagation();
    this.close();
  };

  /** @param open opens a place in the author's editor. Returns why it could not, or null */
  constructor(open: (place: Place) => Promise<string | null>) {
    this.#open = open;
  }

  /** Shows these errors and no others. An empty list closes the overlay. */
  show(errors: readonly HotError[]): void {
    this.close();
    if (errors.length === 0) return;
    const host = document.createElement('modcast-overlay');
    host.setAttribute('role', 'alertdialog');
    host.setAttribute('aria-label', 'Error in a module');
    // A click on the backdrop. For the panels, only the composed path differs.
    host.addEventListener('click', (event) => {
      if (event.composedPath()[0] === host) this.close();
    });
    const shadow = host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(OVERLAY_STYLE);
    shadow.adoptedStyleSheets = [sheet];
    const main = element('main', {
      children: [this.#header(errors), ...errors.map((one) => this.#panel(one))],
    });
    main.append(
      element('footer', {
        text: 'Click a file to open it in your editor. This closes by itself when you save a fixed version.',
      }),
    );
    main.tabIndex = -1;
    shadow.append(main);
    document.documentElement.append(host);
    document.addEventListener('keydown', this.#onKey, true);
    this.#host = host;
    // So that Tab leads to the buttons, unless the user is writing in the page.
    if (document.activeElement === null || document.activeElement === document.body) {
      main.focus({ preventScroll: true });
    }
  }

  close(): void {
    this.#host?.remove();
    this.#host = undefined;
    document.removeEventListener('keydown', this.#onKey, true);
  }

  #header({ length }: readonly HotError[]): HTMLElement {
    const close = element('button', {
      className: 'close',
      children: ['Close', element('kbd', { text: 'Esc' })],
    });
    close.type = 'button';
    close.addEventListener('click', () => this.close());
    const title = `modcast · ${length === 1 ? 'an error' : `${length} errors`}`;
    return element('header', { children: [element('span', { text: title }), close] });
  }

  #panel({ message, stack, frame, id, loc }: HotError): HTMLElement {
    const [, kind = '', rest = message] = /^([A-Z]\w*: )(.*)$/s.exec(message) ?? [];
    const what = element('div', {
      className: 'what',
      children: [element('h2', { children: [element('span', { className: 'kind', text: kind }), rest] })],
    });
    const place = loc ?? (id === undefined ? undefined : { file: id, line: 1, column: 1 });
    if (place !== undefined) {
      const text = loc === undefined ? place.file : `${place.file}:${place.line}:${place.column}`;
      what.append(this.#link(text, place));
    }
    const box = element('section', { children: [what] });
    if (frame !== undefined) box.append(excerptOf(frame));
    // Do not repeat the message.
    const calls = stack.startsWith(message) ? stack.slice(message.length).replace(/^\n/, '') : stack;
    if (calls !== '' && !message.endsWith(calls)) {
      box.append(element('pre', { className: 'stack', text: calls.replace(/^ {2,}(?=at )/gm, '') }));
    }
    return box;
  }

  /** A link that opens a place in the editor, with a status. */
  #link(text: string, place: Place): HTMLElement {
    const button = element('button', { className: 'file', text });
    button.type = 'button';
    button.title = 'Open in the editor';
    const status = element('span', { className: 'status' });
    status.setAttribute('role', 'status');
    button.addEventListener('click', async () => {
      if (button.ariaBusy === 'true') return;
      button.ariaBusy = 'true';
      status.textContent = '';
      status.textContent = await this.#open(place);
      button.ariaBusy = 'false';
    });
    return element('div', { className: 'place', children: [button, status] });
  }
}

/** An excerpt with a separate margin and the line of the error highlighted. */
function excerptOf(frame: string): HTMLElement {
  const lines = frame.split('\n');
  const caret = lines.findIndex((line) => /^ +\| *\s*\^$/.test(line));
  const shown = lines.map((line, index) => {
    const [, margin = '', text = line] = /^( *\d* *\| ?)(.*)$/s.exec(line) ?? [];
    const className = index === caret ? 'line caret' : index === caret - 1 ? 'line at' : 'line';
    return element('div', {
      className,
      children: [element('span', { className: 'margin', text: margin }), `${text}\n`],
    });
  });
  const pre = element('pre', { children: shown });
  // So that long lines can be scrolled with the keyboard.
  pre.tabIndex = 0;
  return pre;
}
