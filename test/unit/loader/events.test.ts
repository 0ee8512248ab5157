import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Emitter } from '../../../loader/events.js';

const report = vi.fn();
let emitter: Emitter<{ tick: number; tock: string }>;
let log: unknown[];

beforeEach(() => {
  vi.stubGlobal('reportError', report);
  report.mockReset();
  emitter = new Emitter();
  log = [];
});

afterEach(() => vi.unstubAllGlobals());

it('calls the listeners of an event, in order', () => {
  emitter.on('tick', (value) => log.push(['first', value]));
  emitter.on('tick', (value) => log.push(['second', value]));
  emitter.on('tock', (value) => log.push(value));
  emitter.emit('tick', 1);
  expect(log).toEqual([
    ['first', 1],
    ['second', 1],
  ]);
});

it('removes one listener', () => {
  const remove = emitter.on('tick', () => log.push('removed'));
  emitter.on('tick', () => log.push('kept'));
  remove();
  emitter.emit('tick', 1);
  expect(log).toEqual(['kept']);
});

it('calls no listener that is added by another one', () => {
  emitter.on('tick', () => emitter.on('tick', () => log.push('added')));
  emitter.emit('tick', 1);
  expect(log).toEqual([]);
});

it('reports an error in a listener and calls the others', () => {
  const error = new Error('no');
  emitter.on('tick', () => {
    throw error;
  });
  emitter.on('tick', () => log.push('called'));
  emitter.emit('tick', 1);
  expect(log).toEqual(['called']);
  expect(report).toHaveBeenCalledExactlyOnceWith(error);
});
