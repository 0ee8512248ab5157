import type { Deploy } from '../store/store.js';
import type { Plan, Proposal, SentBlob } from './publishing.js';

/** Where a publisher publishes: a store in this process, or a registry over HTTP. Each step as of `Publishing`. */
export interface PublishTarget {
  plan(proposal: Proposal): Promise<Plan>;
  put(lease: string, blobs: readonly SentBlob[]): Promise<void>;
  commit(lease: string): Promise<{ readonly deploy: Deploy; readonly created: boolean }>;
}
