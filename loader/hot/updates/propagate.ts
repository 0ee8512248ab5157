/** Where an update stops: `boundary` accepts `accepted`, which is itself or a module that it imports. */
export interface Boundary {
  readonly boundary: string;
  readonly accepted: string;
}

export interface Propagation {
  readonly boundaries: readonly Boundary[];
  /** Modules that need another instance: those that changed, and all between them and the boundaries. */
  readonly replaced: ReadonlySet<string>;
  /** A way that nobody accepted, from what changed up to what the page itself loads. Null: the update can be taken. */
  readonly unaccepted: readonly string[] | null;
}

/** What the page runs, as far as an update asks. Modules are named by their natural URLs. */
export interface Acceptance {
  /** Null stands for the page itself, which accepts nothing. */
  importersOf(url: string): Iterable<string | null>;
  acceptsItself(url: string): boolean;
  accepts(importer: string, url: string): boolean;
}

/**
 * Goes from what changed up the importers until each way ends in a boundary, as Vite does. In a cycle a module is
 * met once.
 *
 * @param invalidated modules whose new instance runs but gave up: what imports them is asked, they stay
 */
export function propagate(
  changed: Iterable<string>,
  invalidated: Iterable<string>,
  { importersOf, acceptsItself, accepts }: Acceptance,
): Propagation {
  const boundaries: Boundary[] = [];
  const replaced = new Set(changed);
  /** From which module each was reached. */
  const below = new Map<string, string>();
  const queue: { url: string; gaveUp: boolean }[] = [...replaced].map((url) => ({ url, gaveUp: false }));
  for (const url of invalidated) queue.push({ url, gaveUp: true });

  const way = (top: string): string[] => {
    const urls: string[] = [];
    for (let url: string | undefined = top; url !== undefined; url = below.get(url)) urls.unshift(url);
    return urls;
  };

  for (const { url, gaveUp } of queue) {
    if (!gaveUp && acceptsItself(url)) {
      boundaries.push({ boundary: url, accepted: url });
      continue;
    }
    for (const importer of importersOf(url)) {
      if (importer === null) return { boundaries: [], replaced, unaccepted: way(url) };
      if (accepts(importer, url)) boundaries.push({ boundary: importer, accepted: url });
      else if (!replaced.has(importer)) {
        replaced.add(importer);
        below.set(importer, url);
        queue.push({ url: importer, gaveUp: false });
      }
    }
  }
  return { boundaries, replaced, unaccepted: null };
}
