import type { Channel } from '../../schema/index.js';
import type { DeploysInUse } from '../auth/deploys-in-use.js';
import type { HistoryAccess } from '../auth/history-access.js';
import type { Clock } from '../clock.js';
import type { Catalog } from '../content/catalog.js';
import type { Fusions } from '../fuse/fusions.js';
import type { Packs } from '../content/packs.js';
import type { MessageRateLimits } from './message-rate.js';
import type { RepeatLimits } from './repeat-pace.js';
import type { SenderLimits } from './sender.js';
import type { SessionEvents } from './session-events.js';
import type { Transport } from './transport.js';
import type { Turns } from './turns.js';

export interface SessionOptions {
  readonly catalog: Catalog;
  readonly packs: Packs;
  /** Null where modules are sent singly. */
  readonly fusions?: Pick<Fusions, 'soon' | 'whole' | 'byHash' | 'needsMembers' | 'boots'> | null;
  /** Makes a deploy known that a client runs, so that its runs are found. */
  readonly recall?: Fusions['recall'];
  readonly history: Pick<HistoryAccess, 'manifest' | 'visible' | 'hold'>;
  readonly inUse: DeploysInUse;
  readonly identity: string;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Of all sessions of the server. */
  readonly turns: Turns;
  readonly events: SessionEvents;
  readonly limits?: Partial<SessionLimits>;
  /** Messages that a client of the channel gets after each welcome. */
  readonly news?: (channel: Channel) => readonly { readonly topic: string; readonly data: unknown }[];
}

export interface SessionLimits extends SenderLimits, MessageRateLimits, RepeatLimits {
  /** `want` messages, and `hello` messages after the first, that may be unanswered at a time. */
  readonly wants: number;
}
