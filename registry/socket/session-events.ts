import type { BootSource } from '../../schema/index.js';

export interface BootReport {
  readonly deploy: number | null;
  readonly from: BootSource;
  /** Milliseconds from navigation to the end of the entries' evaluation. */
  readonly ms: number;
  /** Bytes sent to this client over the socket so far. */
  readonly bytes: number;
}

export interface SessionEvents {
  booted(report: BootReport): void;
  failed(report: { deploy: number | null; stage: string; message: string }): void;
  /** The application's own message from a page. */
  message(topic: string, data: unknown): void;
  /** An error of the server. The client has been told. */
  error(error: unknown): void;
}
