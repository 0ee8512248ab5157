import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { blake3 } from '../../../registry/hash.js';
import type { Site, Target } from './target.js';

/** Milliseconds between two requests. */
const PACE_MS = 10;

export interface Measured {
  readonly requests: number;
  /** Milliseconds within which 99 of 100 requests were answered. */
  readonly p99: number;
  /** Answers that were wrong. */
  readonly wrong: readonly string[];
  /** How much the server's memory grew, in bytes: in 19 of 20 samples at most this, and at most at all. */
  readonly growth: number;
  readonly peak: number;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * part)]!;
}

/** A client that asks for pages, modules and the manifest, and greets over a socket. Measures each answer. */
export class HonestClient {
  readonly #target: Target;
  readonly #site: Site;
  readonly #wrong: string[] = [];

  constructor(target: Target, site: Site) {
    this.#target = target;
    this.#site = site;
  }

  async run(ms: number): Promise<Measured> {
    const times: number[] = [];
    const before = this.#target.memory;
    const memory: number[] = [];
    const end = performance.now() + ms;
    for (let i = 0; performance.now() < end; i++) {
      const started = performance.now();
      try {
        await this.#ask(i);
      } catch (error) {
        this.#wrong.push(String(error));
      }
      times.push(performance.now() - started);
      memory.push(this.#target.memory - before);
      await pause(PACE_MS);
    }
    return {
      requests: times.length,
      p99: quantile(times, 0.99),
      wrong: this.#wrong.splice(0),
      growth: quantile(memory, 0.95),
      peak: quantile(memory, 1),
    };
  }

  async #ask(i: number): Promise<void> {
    const { hashes } = this.#site;
    const hash = hashes[i % hashes.length]!;
    switch (i % 4) {
      case 0:
        return this.#get('', { Accept: 'text/html', 'Sec-Fetch-Dest': 'document' });
      case 1:
        return this.#get(`-/blobs/${hash}`, {}, hash);
      case 2:
        return this.#get('-/channels/production/manifest.json');
      default:
        return this.#greet();
    }
  }

  async #get(path: string, headers: Record<string, string> = {}, hash?: string): Promise<void> {
    const response = await fetch(`${this.#target.url}${path}`, { headers });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (response.status !== 200) this.#wrong.push(`/${path}: ${response.status}`);
    else if (hash !== undefined && blake3(bytes) !== hash) this.#wrong.push(`/${path}: other bytes`);
  }

  /** Until the server has said which deploy is the head. */
  async #greet(): Promise<void> {
    const { port } = this.#target;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/-/socket?protocol=1&channel=production`, {
      origin: `http://127.0.0.1:${port}`,
    });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.on('error', reject);
        socket.on('close', (code) => reject(new Error(`the socket was closed with ${code}`)));
        socket.once('message', () => resolve());
      });
    } finally {
      socket.removeAllListeners('close');
      socket.on('error', () => {});
      socket.terminate();
    }
  }
}
