import type { Hash } from '../../schema/hash.js';
import { USED_QUESTION, usedChannel } from '../offline/messages.js';

/** Answers pages that ask which files this worker has requested, to keep them for offline use. */
export function reportUsed(manifest: Hash): void {
  const channel = new BroadcastChannel(usedChannel(manifest));
  channel.onmessage = ({ data }) => {
    if (data !== USED_QUESTION) return;
    // Its own script is not among them.
    const requested = performance.getEntriesByType('resource').map(({ name }) => name);
    channel.postMessage([location.href, ...requested]);
  };
}
