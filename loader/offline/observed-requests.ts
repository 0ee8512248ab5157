/** Requests that are remembered: a page that asks again and again makes up any number of URLs. */
const LIMIT = 5000;

/**
 * Notes what this page or worker requests from now on. Of before, the browser remembers 250 requests at most.
 *
 * @returns a function with the URLs so far, each with the `initiatorType` of its first request
 */
export function observeRequests(): () => ReadonlyMap<string, string> {
  const seen = new Map<string, string>();
  const note = (entries: PerformanceEntryList) => {
    for (const { name, initiatorType } of entries as PerformanceResourceTiming[])
      if (seen.size < LIMIT && !seen.has(name)) seen.set(name, initiatorType);
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ type: 'resource' });
  return () => {
    note(performance.getEntriesByType('resource'));
    note(observer.takeRecords());
    return seen;
  };
}
