import type { Deploy } from '../store/store.js';
import type { Plan, Proposal, SentBlob } from './publish-plan.js';

/**
 * The registry to publish to: a store in this process, or a server. The methods are those of
 * `PublishService`.
 */
export interface PublishTarget {
  plan(proposal: Proposal): Promise<Plan>;
  /** @param onSent called with the part of the bytes that has been sent so far, 0 to 1 */
  put(lease: string, blobs: readonly SentBlob[], onSent?: (part: number) => void): Promise<void>;
  commit(lease: string): Promise<{ readonly deploy: Deploy; readonly created: boolean }>;
}
