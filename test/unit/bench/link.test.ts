import { describe, expect, it } from 'vitest';
import { Link } from '../../bench/link.mjs';

/** A clock that stands still until a test moves it. */
function fakeClock() {
  let time = 0;
  let timers: { at: number; run: () => void }[] = [];
  return {
    now: () => time,
    after(run: () => void, ms: number) {
      const timer = { at: time + ms, run };
      timers.push(timer);
      return () => void (timers = timers.filter((one) => one !== timer));
    },
    /** Runs what is due until then, each at its time. */
    advanceTo(end: number) {
      for (;;) {
        const [next] = timers.toSorted((a, b) => a.at - b.at);
        if (next === undefined || next.at > end) break;
        timers = timers.filter((timer) => timer !== next);
        time = Math.max(time, next.at);
        next.run();
      }
      time = end;
    },
  };
}

const bytes = (count: number) => new Uint8Array(count);

/** A link, and connections that note when how much has arrived. 8 Mbit/s are 1,000 bytes a millisecond. */
function linkOf(options: { delay: number; mbit: number }) {
  const clock = fakeClock();
  const link = new Link({ ...options, clock });
  const connect = (takes: () => boolean = () => true) => {
    const arrivals: [at: number, what: number | 'end'][] = [];
    const full: boolean[] = [];
    const lane = link.connect(
      (piece) => {
        arrivals.push([Math.round(clock.now()), piece === 'end' ? 'end' : piece.length]);
        return takes();
      },
      (isFull) => full.push(isFull),
    );
    const received = () => arrivals.reduce((sum, [, what]) => sum + (what === 'end' ? 0 : what), 0);
    return { lane, arrivals, full, received };
  };
  return { clock, link, connect };
}

describe('a link without a limit', () => {
  it('delays each piece by the same time, in order, with the end of the stream', () => {
    const { clock, link, connect } = linkOf({ delay: 20, mbit: Infinity });
    const { lane, arrivals } = connect();
    lane.send(bytes(10));
    clock.advanceTo(5);
    lane.send(bytes(30));
    lane.send('end');
    clock.advanceTo(19);
    expect(arrivals).toEqual([]);
    clock.advanceTo(100);
    expect(arrivals).toEqual([
      [20, 10],
      [25, 30],
      [25, 'end'],
    ]);
    expect(link.arrived).toBe(40);
  });
});

describe('a link with a bandwidth', () => {
  it('takes the time of all bytes, and then the delay', () => {
    const { clock, connect } = linkOf({ delay: 20, mbit: 8 });
    const { lane, arrivals, received } = connect();
    lane.send(bytes(100_000));
    clock.advanceTo(119);
    expect(received()).toBeLessThan(100_000);
    clock.advanceTo(121);
    expect(received()).toBe(100_000);
    expect(arrivals.at(-1)?.[0]).toBe(120);
  });

  it('is not faster after it was idle', () => {
    const { clock, connect } = linkOf({ delay: 0, mbit: 8 });
    const { lane, arrivals } = connect();
    clock.advanceTo(1000);
    lane.send(bytes(10_000));
    clock.advanceTo(2000);
    expect(arrivals).toEqual([[1010, 10_000]]);
  });

  it('is shared by all connections: a small answer does not wait for a large one', () => {
    const { clock, connect } = linkOf({ delay: 0, mbit: 8 });
    const [large, small] = [connect(), connect()];
    large.lane.send(bytes(200_000));
    small.lane.send(bytes(1000));
    clock.advanceTo(1000);
    // After the two turns that the large answer has had, of 16 KiB each.
    expect(small.arrivals).toEqual([[34, 1000]]);
    expect(large.arrivals.at(-1)?.[0]).toBe(201);
    expect(large.received()).toBe(200_000);
  });

  it('tells a sender to stop while too much waits', () => {
    const { clock, connect } = linkOf({ delay: 0, mbit: 8 });
    const { lane, full } = connect();
    lane.send(bytes(200_000));
    expect(full).toEqual([true]);
    clock.advanceTo(1000);
    expect(full).toEqual([true, false]);
  });
});

it('holds back a connection whose receiver is full, and no other one', () => {
  const { clock, connect } = linkOf({ delay: 0, mbit: 8 });
  let takes = false;
  const [slow, other] = [connect(() => takes), connect()];
  slow.lane.send(bytes(50_000));
  other.lane.send(bytes(50_000));
  clock.advanceTo(1000);
  expect(slow.received()).toBeLessThan(50_000);
  expect(other.received()).toBe(50_000);
  takes = true;
  slow.lane.resume();
  clock.advanceTo(2000);
  expect(slow.received()).toBe(50_000);
});

it('delivers nothing after it was closed', () => {
  const { clock, link, connect } = linkOf({ delay: 10, mbit: 8 });
  const { lane, arrivals } = connect();
  lane.send(bytes(10));
  link.close();
  clock.advanceTo(100);
  expect(arrivals).toEqual([]);
});
