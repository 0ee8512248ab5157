/** A natural URL as Vite's events name it: from the root of the page's origin. */
export const shownUrl = (url: string): string =>
  url.startsWith(location.origin) ? url.slice(location.origin.length) : url;
