import type { Channel, Hash } from '../../schema/index.js';
import type { Deploy } from '../store/store.js';

/** A deploy that pages have named, by its manifest. */
interface Named {
  readonly number: number;
  pages: number;
}

/** Deploys of a channel that pages can name at a time. The one that was named first makes way for another. */
const NAMED = 256;

/** Counts the deploys that connected pages run, so that the history knows which ones are public. */
export class DeploysInUse {
  readonly #holders = new Map<Channel, Map<number, number>>();
  readonly #named = new Map<Channel, Map<Hash, Named>>();

  /**
   * Holds a deploy and all later ones: a page may go on to any of them.
   *
   * @returns a function that ends the use
   */
  hold(channel: Channel, deploy: number): () => void {
    const own = this.#holders.get(channel) ?? new Map<number, number>();
    this.#holders.set(channel, own.set(deploy, (own.get(deploy) ?? 0) + 1));
    return once(() => {
      const left = own.get(deploy)! - 1;
      if (left > 0) own.set(deploy, left);
      else own.delete(deploy);
    });
  }

  /**
   * Holds one deploy, which a page runs. Nothing between it and the head becomes public.
   *
   * @returns a function that ends the use
   */
  holdOne({ channel, manifest, number }: Pick<Deploy, 'channel' | 'manifest' | 'number'>): () => void {
    const all = this.#named.get(channel) ?? new Map<Hash, Named>();
    this.#named.set(channel, all);
    const named = all.get(manifest) ?? { number, pages: 0 };
    named.pages++;
    all.set(manifest, named);
    const [first] = all.keys();
    if (all.size > NAMED) all.delete(first!);
    return once(() => {
      if (--named.pages === 0 && all.get(manifest) === named) all.delete(manifest);
    });
  }

  /** The oldest deploy of the channel that is held with all later ones. Infinity without one. */
  oldest(channel: Channel): number {
    return Math.min(...(this.#holders.get(channel)?.keys() ?? []));
  }

  /** Whether a deploy with this manifest is held alone. */
  isHeld(channel: Channel, manifest: Hash): boolean {
    return this.#named.get(channel)?.has(manifest) ?? false;
  }

  /** The numbers of the deploys that are held alone. */
  single(channel: Channel): number[] {
    return [...(this.#named.get(channel)?.values() ?? [])].map(({ number }) => number);
  }
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}
