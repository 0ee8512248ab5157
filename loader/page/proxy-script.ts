import { restoreType, type HeldScript } from './held-page.js';
import { create, dispatch, rootElement } from './native-document.js';

/** What the browser does with an inline module's text besides running it. */
const ATTRIBUTES = ['crossorigin', 'referrerpolicy'];

/**
 * A script that runs in place of the page's own element, for an engine in which scripts run one by one: the
 * page finds its elements as they are when its first script runs, and may move or remove them. A new element
 * is not in a line of the page either, which Gecko would count besides the lines of its text.
 */
export function proxyOf(script: HeldScript): HeldScript {
  const { element, kind, src } = script;
  if (kind !== 'module' || !(element instanceof HTMLScriptElement)) return script;
  const proxy = src === null ? create('script') : (element.cloneNode(true) as HTMLScriptElement);
  for (const { name } of [...proxy.attributes]) if (name.startsWith('on')) proxy.removeAttribute(name);
  if (src === null) {
    for (const name of ATTRIBUTES) {
      const value = element.getAttribute(name);
      if (value !== null) proxy.setAttribute(name, value);
    }
  }
  proxy.nonce = element.nonce;
  start(element);
  const forward = (name: string) => void dispatch(element, new Event(name, { cancelable: name === 'load' }));
  return { ...script, element: proxy, forward };
}

/** Makes an element one that has been started, without running it: so the browser skips classic scripts. */
function start(element: HTMLScriptElement): void {
  const { isConnected, parentNode, nextSibling, noModule } = element;
  element.type = '';
  element.noModule = true;
  const parent = isConnected ? parentNode! : rootElement();
  element.remove();
  parent.insertBefore(element, isConnected ? nextSibling : null);
  if (!isConnected) {
    element.remove();
    parentNode?.insertBefore(element, nextSibling);
  }
  element.noModule = noModule;
  restoreType(element, 'module');
}
