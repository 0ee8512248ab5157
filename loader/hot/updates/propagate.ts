/** Where an update stops: `boundary` accepts `accepted`, which is itself or a module that it imports. */
export interface Boundary {
  readonly boundary: string;
  readonly accepted: string;
}

export interface Propagation {
  readonly boundaries: readonly Boundary[];
  /** Modules that need another instance: the changed ones, and all between them and the boundaries. */
  readonly replaced: ReadonlySet<string>;
  /**
   * A path from a changed module up to one that the page itself loads, without a boundary. Null when there is
   * none.
   */
  readonly unaccepted: readonly string[] | null;
}

/** What running modules import and accept. Modules are named by their natural URLs. */
export interface Acceptance {
  /** Null stands for the page itself, which accepts nothing. */
  importersOf(url: string): Iterable<string | null>;
  acceptsItself(url: string): boolean;
  accepts(importer: string, url: string): boolean;
}

/**
 * Walks from the changed modules up their importers until each path ends at a boundary, as Vite does. Visits
 * each module once, so that cycles end.
 *
 * @param invalidated modules whose new instance called `invalidate()`: their importers are asked, they stay
 */
export function propagate(
  changed: Iterable<string>,
  invalidated: Iterable<string>,
  { importersOf, acceptsItself, accepts }: Acceptance,
): Propagation {
  const boundaries: Boundary[] = [];
  const replaced = new Set(changed);
  /** The module from which each was reached. */
  const below = new Map<string, string>();
  const queue: { url: string; isInvalidated: boolean }[] = [];
  for (const url of replaced) queue.push({ url, isInvalidated: false });
  for (const url of invalidated) queue.push({ url, isInvalidated: true });

  for (const { url, isInvalidated } of queue) {
    if (!isInvalidated && acceptsItself(url)) {
      boundaries.push({ boundary: url, accepted: url });
      continue;
    }
    for (const importer of importersOf(url)) {
      if (importer === null) return { boundaries: [], replaced, unaccepted: pathUp(below, url) };
      if (accepts(importer, url)) boundaries.push({ boundary: importer, accepted: url });
      else if (!replaced.has(importer)) {
        replaced.add(importer);
        below.set(importer, url);
        queue.push({ url: importer, isInvalidated: false });
      }
    }
  }
  return { boundaries, replaced, unaccepted: null };
}

/** The path from where a walk started up to `top`. */
export function pathUp(below: ReadonlyMap<string, string | null>, top: string): string[] {
  const urls: string[] = [];
  for (let url: string | null | undefined = top; typeof url === 'string'; url = below.get(url))
    urls.unshift(url);
  return urls;
}
