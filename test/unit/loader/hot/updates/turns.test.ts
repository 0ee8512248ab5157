import { beforeEach, describe, expect, it } from 'vitest';
import { Turns } from '../../../../../loader/hot/updates/turns.js';

let start!: () => void;
let errors: unknown[];
let log: string[];
let turns: Turns;
beforeEach(() => {
  errors = [];
  log = [];
  turns = new Turns(new Promise<void>((resolve) => (start = resolve)), (error) => errors.push(error));
});

const settle = () => new Promise(setImmediate);

/** A promise to resolve by hand. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

const says = (text: string) => async () => void log.push(text);

describe('updates', () => {
  it('run one after the other, from the start on', async () => {
    const first = gate();
    turns.update(() => first.opened.then(says('first')));
    turns.update(says('second'));
    await settle();
    expect(log).toEqual([]);
    first.open();
    start();
    await turns.idle();
    expect(log).toEqual(['first', 'second']);
  });

  it('run after one that failed, which is reported', async () => {
    start();
    turns.update(() => Promise.reject(new Error('no')));
    turns.update(says('next'));
    await turns.idle();
    expect(errors).toEqual([new Error('no')]);
    expect(log).toEqual(['next']);
  });

  it('know whether a newer one is queued, and can be notified of it', async () => {
    start();
    const first = gate();
    expect(turns.hasNewer).toBe(false);
    turns.update(() => first.opened);
    await settle();
    expect(turns.hasNewer).toBe(false);
    const off = turns.onNewer(() => log.push(`newer ${turns.hasNewer}`));
    turns.update(says('second'));
    expect(log).toEqual(['newer true']);
    off();
    turns.update(says('third'));
    first.open();
    await turns.idle();
    expect(turns.hasNewer).toBe(false);
    expect(log).toEqual(['newer true', 'second', 'third']);
  });
});

describe('exclusive work', () => {
  it('does not wait for the start: code of the booting page may wait for it', async () => {
    turns.update(says('update'));
    expect(await turns.exclusive(async () => 'done')).toBe('done');
    expect(log).toEqual([]);
  });

  it('waits for the step of an update that runs', async () => {
    start();
    const step = gate();
    turns.update(() => step.opened.then(says('update')));
    await settle();
    const work = turns.exclusive(says('exclusive'));
    await settle();
    expect(log).toEqual([]);
    step.open();
    await work;
    expect(log).toEqual(['update', 'exclusive']);
  });

  it('keeps updates waiting', async () => {
    start();
    const step = gate();
    const work = turns.exclusive(() => step.opened.then(says('exclusive')));
    turns.update(says('update'));
    await settle();
    step.open();
    await work;
    await turns.idle();
    expect(log).toEqual(['exclusive', 'update']);
  });

  it('runs while an update waits for code of the page, which may wait for that work', async () => {
    start();
    turns.update(async () => {
      log.push('update');
      await turns.lend(turns.exclusive(says('exclusive')));
      log.push('goes on');
    });
    await turns.idle();
    expect(log).toEqual(['update', 'exclusive', 'goes on']);
  });

  it('runs before the update continues, if it began while the update waited for code of the page', async () => {
    start();
    const code = gate();
    const step = gate();
    turns.update(async () => {
      await turns.lend(code.opened);
      log.push('goes on');
    });
    await settle();
    const work = turns.exclusive(() => step.opened.then(says('exclusive')));
    await settle();
    code.open();
    await settle();
    expect(log).toEqual([]);
    step.open();
    await work;
    await turns.idle();
    expect(log).toEqual(['exclusive', 'goes on']);
  });

  it('that was queued before runs when the update waits for code of the page', async () => {
    start();
    const step = gate();
    turns.update(async () => {
      await step.opened;
      await turns.lend(work);
      log.push('goes on');
    });
    await settle();
    const work = turns.exclusive(says('exclusive'));
    step.open();
    await turns.idle();
    expect(log).toEqual(['exclusive', 'goes on']);
  });

  it('runs within exclusive work that waits for code of the page', async () => {
    await turns.exclusive(() => turns.lend(turns.exclusive(says('inner'))));
    expect(log).toEqual(['inner']);
  });

  it('gives the turn back when it fails, or when the code of the page fails', async () => {
    start();
    await expect(turns.exclusive(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(turns.exclusive(() => turns.lend(Promise.reject(new Error('page'))))).rejects.toThrow(
      'page',
    );
    turns.update(says('update'));
    await turns.idle();
    expect(log).toEqual(['update']);
  });

  it('does not let another update run between two steps of one', async () => {
    start();
    const code = gate();
    turns.update(async () => {
      await turns.lend(code.opened);
      log.push('first');
    });
    turns.update(says('second'));
    await settle();
    expect(log).toEqual([]);
    code.open();
    await turns.idle();
    expect(log).toEqual(['first', 'second']);
  });
});
