import { expect, it } from 'vitest';
import { Turns } from '../../../../registry/socket/turns.js';

it('want-flood: one turn is given in each round of the event loop, in the order of the calls', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const all = ['a', 'b', 'c'].map(async (name) => {
    await turns.next();
    order.push(name);
  });
  const other = () => {
    order.push('other work');
    if (order.length < 6) setImmediate(other);
  };
  setImmediate(other);
  await Promise.all(all);
  expect(order).toEqual(['a', 'other work', 'b', 'other work', 'c']);
});

it('a client that asks again waits for the others', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const work = async (name: string) => {
    for (let i = 0; i < 3; i++) {
      await turns.next();
      order.push(name);
    }
  };
  await Promise.all([work('a'), work('b')]);
  expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
});
