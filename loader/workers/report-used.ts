import type { Hash } from '../../schema/hash.js';
import { observeRequests } from '../offline/observed-requests.js';
import { USED_QUESTION, usedChannel } from '../offline/messages.js';

/**
 * Answers pages that ask which files this worker has requested, to keep them for offline use.
 *
 * @param script URL of the worker's own
 */
export function reportUsed(manifest: Hash, script: string): void {
  const requested = observeRequests();
  const channel = new BroadcastChannel(usedChannel(manifest));
  channel.onmessage = ({ data }) => {
    if (data !== USED_QUESTION) return;
    channel.postMessage([script, ...requested().keys()]);
  };
}
