import { expect, it } from 'vitest';
import { Allowance } from '../../../../registry/publish/allowance.js';
import { ByteGate } from '../../../../registry/publish/byte-gate.js';
import { TokenLimits } from '../../../../registry/publish/token-limits.js';
import { LIMITS } from '../../../../schema/index.js';
import { FakeClock } from '../fake-clock.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Work that ends when the test says so. */
function jobs() {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const job = (name: string) => () => {
    started.push(name);
    return new Promise<void>((resolve) => ends.set(name, resolve));
  };
  return { started, job, end: (name: string) => ends.get(name)!() };
}

it('inflating packs: a gate admits what fits, in order, and one that is larger than the limit alone', async () => {
  const gate = new ByteGate(100);
  const { started, job, end } = jobs();
  const work = [
    gate.run(60, job('a')),
    gate.run(60, job('b')),
    gate.run(10, job('c')),
    gate.run(500, job('d')),
    gate.run(1, job('e')),
  ];
  await turn();
  expect(started).toEqual(['a']);
  end('a');
  await turn();
  expect(started).toEqual(['a', 'b', 'c']);
  end('b');
  await turn();
  expect(started).toEqual(['a', 'b', 'c']);
  end('c');
  await turn();
  expect(started).toEqual(['a', 'b', 'c', 'd']);
  end('d');
  await turn();
  end('e');
  await Promise.all(work);
});

it('a gate goes on after work that fails', async () => {
  const gate = new ByteGate(1);
  await expect(gate.run(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(gate.run(1, async () => 'yes')).resolves.toBe('yes');
});

it('an allowance grows back with time, and is never more than the most', () => {
  const allowance = new Allowance(100, 10);
  expect(allowance.waitFor(100, 0)).toBe(0);
  allowance.take(100, 0);
  expect(allowance.waitFor(50, 0)).toBe(5000);
  expect(allowance.waitFor(50, 5000)).toBe(0);
  expect(allowance.waitFor(1000, 10_000)).toBe(0);
  allowance.take(150, 1_000_000);
  expect(allowance.waitFor(50, 1_000_000)).toBe(10_000);
  // A clock that goes back gives nothing.
  expect(allowance.waitFor(50, 0)).toBe(10_000);
});

it('inflating packs: the requests of one token run one after the other, those of others beside them', async () => {
  const limits = new TokenLimits(new FakeClock(), () => 0);
  const { started, job, end } = jobs();
  const work = [limits.run('a', job('a1')), limits.run('a', job('a2')), limits.run('b', job('b1'))];
  await turn();
  expect(started).toEqual(['a1', 'b1']);
  end('a1');
  await turn();
  expect(started).toEqual(['a1', 'b1', 'a2']);
  end('a2');
  end('b1');
  await Promise.all(work);
});

it('a token has a limited number of unanswered requests', async () => {
  const limits = new TokenLimits(new FakeClock(), () => 0);
  const work = Array.from({ length: LIMITS.publishRequestsOfToken }, () => limits.run('a', turn));
  await expect(limits.run('a', turn)).rejects.toMatchObject({ code: 'publish-busy' });
  await expect(limits.run('b', turn)).resolves.toBeUndefined();
  await Promise.all(work);
  await expect(limits.run('a', turn)).resolves.toBeUndefined();
});

it('inflating packs: a token that sends more than its allowance waits, and others do not', async () => {
  const clock = new FakeClock();
  const limits = new TokenLimits(clock, () => clock.now);
  const { started, job } = jobs();
  const half = LIMITS.publishBurstBytes / 2;
  const inflated = async (token: string, name: string) => {
    void limits.inflate(token, half, async () => void (await Promise.race([job(name)(), turn()])));
    for (let i = 0; i < 5; i++) await turn();
  };
  await inflated('a', 'a1');
  await inflated('a', 'a2');
  await inflated('a', 'a3');
  await inflated('b', 'b1');
  expect(started).toEqual(['a1', 'a2', 'b1']);
  clock.advance((1000 * half) / LIMITS.publishBytesPerSecond);
  for (let i = 0; i < 5; i++) await turn();
  expect(started).toEqual(['a1', 'a2', 'b1', 'a3']);
});
