import type { Deploy } from '../store/store.js';
import type { Plan, Proposal, SentBlob } from './publish-plan.js';

/**
 * The registry to publish to: a store in this process, or a server. The methods are those of
 * `PublishService`.
 */
export interface PublishTarget {
  plan(proposal: Proposal): Promise<Plan>;
  put(lease: string, blobs: readonly SentBlob[]): Promise<void>;
  commit(lease: string): Promise<{ readonly deploy: Deploy; readonly created: boolean }>;
}
