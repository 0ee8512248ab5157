/** Calls back once, when a script or a link has loaded or failed. */
export function whenSettled(element: Element, callback: (name: string) => void): void {
  let isSettled = false;
  for (const name of ['load', 'error']) {
    element.addEventListener(name, () => {
      if (isSettled) return;
      isSettled = true;
      callback(name);
    });
  }
}
