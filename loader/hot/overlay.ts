import type { HotError } from './api.js';

/** Through the object model: a page's policy may forbid style elements and attributes, not this. */
function styled<E extends HTMLElement>(element: E, style: Partial<CSSStyleDeclaration>): E {
  Object.assign(element.style, style);
  return element;
}

const MONOSPACE = '13px/1.5 ui-monospace, Menlo, Consolas, monospace';

/** What is wrong, over the page, until it is mended or Escape is pressed. */
export class Overlay {
  #host: HTMLElement | undefined;
  readonly #onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') this.close();
  };

  /** Shows these and nothing else; none closes it. */
  show(errors: readonly HotError[]): void {
    this.close();
    if (errors.length === 0) return;
    const host = document.createElement('modcast-overlay');
    host.setAttribute('role', 'alertdialog');
    host.setAttribute('aria-label', 'Error in a module');
    const backdrop = styled(document.createElement('div'), {
      position: 'fixed',
      inset: '0',
      zIndex: '2147483647',
      overflow: 'auto',
      padding: '4vmin',
      boxSizing: 'border-box',
      background: 'rgb(0 0 0 / 0.66)',
      font: MONOSPACE,
      color: '#e8e8e8',
    });
    backdrop.addEventListener('click', (event) => {
      if (event.target === backdrop) this.close();
    });
    backdrop.append(...errors.map(panel));
    host.attachShadow({ mode: 'open' }).append(backdrop);
    document.documentElement.append(host);
    document.addEventListener('keydown', this.#onKey, true);
    this.#host = host;
  }

  close(): void {
    this.#host?.remove();
    this.#host = undefined;
    document.removeEventListener('keydown', this.#onKey, true);
  }
}

function panel({ message, stack, frame, id, loc }: HotError): HTMLElement {
  const box = styled(document.createElement('section'), {
    maxWidth: '960px',
    margin: '0 auto 16px',
    padding: '20px 24px',
    background: '#181818',
    borderTop: '6px solid #e5484d',
    borderRadius: '6px',
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
  });
  const add = (text: string, part: string, style: Partial<CSSStyleDeclaration>) => {
    const element = styled(document.createElement('div'), style);
    element.textContent = text;
    element.setAttribute('part', part);
    box.append(element);
  };
  add(message, 'message', { color: '#ff8589', fontWeight: 'bold' });
  if (loc !== undefined)
    add(`${loc.file}:${loc.line}:${loc.column}`, 'file', { color: '#8ec8ff', marginTop: '8px' });
  else if (id !== undefined) add(id, 'file', { color: '#8ec8ff', marginTop: '8px' });
  if (frame !== undefined) add(frame, 'frame', { whiteSpace: 'pre', overflow: 'auto', marginTop: '12px' });
  else if (stack !== message) add(stack, 'stack', { color: '#a0a0a0', marginTop: '12px' });
  return box;
}
