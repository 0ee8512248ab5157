import type { Hash } from '../../schema/hash.js';
import { observeRequests } from '../offline/observed-requests.js';
import { USED_QUESTION, usedChannel } from '../offline/messages.js';

/** Answers pages that ask which files this worker has requested, to keep them for offline use. */
export function reportUsed(manifest: Hash): void {
  const requested = observeRequests();
  const channel = new BroadcastChannel(usedChannel(manifest));
  channel.onmessage = ({ data }) => {
    if (data !== USED_QUESTION) return;
    // Its own script is not among them.
    channel.postMessage([location.href, ...requested().keys()]);
  };
}
