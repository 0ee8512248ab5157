import { describe, expect, it } from 'vitest';
import { Contexts } from '../../../../loader/hot/contexts.js';

const contexts = () =>
  new Contexts({
    resolve: (specifier, referrer) => new URL(specifier, referrer).href,
    invalidate: () => {},
    send: () => {},
  });

describe('the listeners of an instance', () => {
  it('one function may listen to several events, and stop listening to one of them', () => {
    const all = contexts();
    const hot = all.create('http://x/a.js', 'blob:1');
    const heard: unknown[] = [];
    const listener = (data: unknown) => heard.push(data);
    hot.on('one', listener);
    hot.on('two', listener);
    all.emitCustom('one', 1);
    all.emitCustom('two', 2);
    hot.off('two', listener);
    all.emitCustom('one', 3);
    all.emitCustom('two', 4);
    expect(heard).toEqual([1, 2, 3]);
  });

  it('are removed with it, and no others', () => {
    const all = contexts();
    const heard: string[] = [];
    all.create('http://x/a.js', 'blob:1').on('e', () => heard.push('old'));
    all.create('http://x/a.js', 'blob:2').on('e', () => heard.push('new'));
    all.drop('blob:1');
    all.emitCustom('e', null);
    expect(heard).toEqual(['new']);
  });
});
