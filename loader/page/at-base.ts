/** Runs `work` while the page has this base URL, from which inline scripts and import maps take theirs. */
export function atBase(base: string, work: () => void): void {
  if (document.baseURI === base) return work();
  const element = document.createElement('base');
  element.href = base;
  document.head.prepend(element);
  work();
  element.remove();
}
