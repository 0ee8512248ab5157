import { expect, it } from 'vitest';
import { Packs } from '../../../../registry/content/packs.js';
import { PackSender } from '../../../../registry/socket/pack-sender.js';
import { RepeatPace } from '../../../../registry/socket/repeat-pace.js';
import { Sender } from '../../../../registry/socket/sender.js';
import { Turns } from '../../../../registry/socket/turns.js';
import { later } from '../site.js';
import { FakeClock } from '../fake-clock.js';
import { FakeTransport } from './fake-transport.js';

it('a client that has left is no error when its store has been closed', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  later(() => process.off('unhandledRejection', note));
  const clock = new FakeClock();
  const limits = { socketHighWater: 1, socketQueueBytes: 1000, socketStallMs: 1000 };
  const sender = new Sender({ transport: new FakeTransport(), clock, limits });
  const read = () => Promise.reject(new Error('the store has been closed'));
  const packs = new Packs({ read });
  const options = { packs, sender, turns: new Turns(), repeats: new RepeatPace(clock), session: 1 };
  const sending = new PackSender(options).sendBlobs(['a'.repeat(64)], () => 1);
  sender.close(1001, 'gone');
  await sending;
  // Node reports a rejection that nothing handles after the reactions of this turn.
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
});
