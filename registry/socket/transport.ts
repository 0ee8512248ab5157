/** The connection under a session. */
export interface Transport {
  /** Resolves once the data has left for the network, in the order of the calls. */
  send(data: string | Uint8Array): Promise<void>;
  close(code: number, reason: string): void;
}
