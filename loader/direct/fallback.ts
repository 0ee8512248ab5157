// Runs in pages that start without the loader, also where a policy that the server does not know of forbids
// inline scripts, or the browser has no import maps. There the page has no import map, so that its module
// scripts have failed: they run as their author wrote them.

function runNatively(): void {
  for (const element of document.querySelectorAll<HTMLScriptElement>('script[data-modcast-type]'))
    insertAgain(element, (copy) => (copy.type = element.dataset['modcastType']!));
  for (const element of document.querySelectorAll<HTMLScriptElement>('script[data-modcast-src]'))
    insertAgain(element, (copy) => copy.setAttribute('src', element.dataset['modcastSrc']!));
}

/** Puts a copy in the place of a script: the browser prepares each element once. */
function insertAgain(element: HTMLScriptElement, change: (copy: HTMLScriptElement) => void): void {
  const copy = document.createElement('script');
  for (const { name, value } of element.attributes)
    if (!name.startsWith('data-modcast')) copy.setAttribute(name, value);
  copy.nonce = element.nonce;
  copy.text = element.text;
  // Inserted scripts keep their order only so.
  copy.async = element.hasAttribute('async');
  change(copy);
  element.replaceWith(copy);
}

const own = document.currentScript;
const isStarted = globalThis.__modcast__ !== undefined && HTMLScriptElement.supports?.('importmap') === true;
if (!isStarted) {
  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', runNatively, { once: true });
  else runNatively();
}
own?.remove();

export {};
