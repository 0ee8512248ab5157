/** Most bytes that one connection sends before another one's turn: about what a browser reads at once. */
const TURN = 16 * 1024;
/** A connection whose sender has this many bytes waiting is paused, like one whose send buffer is full. */
const MOST_WAITING = 64 * 1024;
/** Most bytes of a connection in transit. Only a link without a bandwidth limit gets there. */
const MOST_IN_TRANSIT = 8 * 1024 * 1024;
/** Timers have whole milliseconds, so what is due within half of one is due now. */
const SLACK_MS = 0.5;

/**
 * @typedef {object} Clock
 * @property {() => number} now in milliseconds
 * @property {(run: () => void, ms: number) => () => void} after runs once; the result cancels that
 */

/** @type {Clock} */
const REAL_CLOCK = {
  now: () => performance.now(),
  after(run, ms) {
    const timer = setTimeout(run, Math.round(ms));
    return () => clearTimeout(timer);
  },
};

/**
 * What a connection gives to the link: bytes to send, or the end of the stream.
 *
 * @typedef {Uint8Array | 'end'} Piece
 */

/** @param {Piece} piece */
const sizeOf = (piece) => (piece === 'end' ? 0 : piece.length);

/**
 * One direction of a link: a bandwidth that all its connections share in turns, and then a delay. Each
 * connection keeps its order.
 */
export class Link {
  /** Bytes that have arrived. */
  arrived = 0;
  #delay;
  #bytesPerMs;
  #clock;
  /** Connections that have something to send, the next one first. @type {Lane[]} */
  #ready = [];
  /** @type {{ due: number, lane: Lane, piece: Piece }[]} */
  #transit = [];
  /** When the sending end has put its last byte on the wire. */
  #freeAt = 0;
  /** @type {(() => void) | undefined} */
  #cancel;

  /**
   * @param {object} options
   * @param {number} options.delay milliseconds from the last byte of a piece sent to its arrival
   * @param {number} options.mbit bandwidth in Mbit/s (10⁶ bits); Infinity for no limit
   * @param {Clock} [options.clock]
   */
  constructor({ delay, mbit, clock = REAL_CLOCK }) {
    this.#delay = delay;
    this.#bytesPerMs = (mbit * 1e6) / 8 / 1000;
    this.#clock = clock;
  }

  /**
   * Adds a connection.
   *
   * @param {(piece: Piece) => boolean} deliver takes what has arrived; false pauses the connection until `resume()`
   * @param {(isFull: boolean) => void} [onFull] tells the sender to stop, and later to go on
   */
  connect(deliver, onFull = () => {}) {
    return new Lane({ deliver, onFull, wake: (lane) => this.#wake(lane) });
  }

  /** Stops its timer: nothing arrives any more. */
  close() {
    this.#cancel?.();
    this.#ready = [];
    this.#transit = [];
  }

  /** @param {Lane} lane */
  #wake(lane) {
    if (this.#ready.length === 0) this.#freeAt = Math.max(this.#freeAt, this.#clock.now());
    this.#ready.push(lane);
    this.#run();
  }

  #run() {
    const now = this.#clock.now() + SLACK_MS;
    while (this.#ready.length > 0 && this.#freeAt <= now)
      this.#send(/** @type {Lane} */ (this.#ready.shift()));
    while (this.#transit[0] !== undefined && this.#transit[0].due <= now) {
      const { lane, piece } = /** @type {{ lane: Lane, piece: Piece }} */ (this.#transit.shift());
      this.arrived += sizeOf(piece);
      lane.arrive(piece);
    }
    this.#cancel?.();
    const next = Math.min(
      this.#transit[0]?.due ?? Infinity,
      this.#ready.length > 0 ? this.#freeAt : Infinity,
    );
    this.#cancel =
      next === Infinity
        ? undefined
        : this.#clock.after(() => this.#run(), Math.max(0, next - this.#clock.now()));
  }

  /** @param {Lane} lane */
  #send(lane) {
    const piece = lane.take();
    if (piece === undefined) return;
    this.#freeAt += sizeOf(piece) / this.#bytesPerMs;
    this.#transit.push({ due: this.#freeAt + this.#delay, lane, piece });
    if (lane.isReady) this.#ready.push(lane);
  }
}

/** A connection's place on the link. */
class Lane {
  #deliver;
  #onFull;
  #wake;
  /** @type {Piece[]} */
  #queue = [];
  #waiting = 0;
  #inTransit = 0;
  #isFull = false;
  #isPaused = false;

  /**
   * @param {object} options
   * @param {(piece: Piece) => boolean} options.deliver
   * @param {(isFull: boolean) => void} options.onFull
   * @param {(lane: Lane) => void} options.wake asks for a turn
   */
  constructor({ deliver, onFull, wake }) {
    this.#deliver = deliver;
    this.#onFull = onFull;
    this.#wake = wake;
  }

  get isReady() {
    return this.#queue.length > 0 && !this.#isPaused;
  }

  /** @param {Piece} piece */
  send(piece) {
    const wasReady = this.isReady;
    this.#queue.push(piece);
    this.#waiting += sizeOf(piece);
    if (!wasReady && this.isReady) this.#wake(this);
    this.#tellFull();
  }

  /** The receiver takes more. */
  resume() {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.isReady) this.#wake(this);
  }

  /** @returns {Piece | undefined} at most a turn's bytes of what waits */
  take() {
    if (!this.isReady) return undefined;
    let piece = /** @type {Piece} */ (this.#queue.shift());
    if (piece !== 'end' && piece.length > TURN) {
      this.#queue.unshift(piece.subarray(TURN));
      piece = piece.subarray(0, TURN);
    }
    this.#waiting -= sizeOf(piece);
    this.#inTransit += sizeOf(piece);
    this.#tellFull();
    return piece;
  }

  /** @param {Piece} piece */
  arrive(piece) {
    this.#inTransit -= sizeOf(piece);
    if (!this.#deliver(piece)) this.#isPaused = true;
    this.#tellFull();
  }

  #tellFull() {
    const isFull = this.#waiting > MOST_WAITING || this.#inTransit > MOST_IN_TRANSIT;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#onFull(isFull);
  }
}
