import type { Channel } from '../../schema/index.js';

/** Counts the deploys that connected pages run, so that the history knows the oldest one of each channel. */
export class DeploysInUse {
  readonly #holders = new Map<Channel, Map<number, number>>();

  /** @returns a function that ends the use */
  hold(channel: Channel, deploy: number): () => void {
    const own = this.#holders.get(channel) ?? new Map<number, number>();
    this.#holders.set(channel, own.set(deploy, (own.get(deploy) ?? 0) + 1));
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = own.get(deploy)! - 1;
      if (left > 0) own.set(deploy, left);
      else own.delete(deploy);
    };
  }

  /** The oldest deploy of the channel in use. Infinity without one. */
  oldest(channel: Channel): number {
    return Math.min(...(this.#holders.get(channel)?.keys() ?? []));
  }
}
