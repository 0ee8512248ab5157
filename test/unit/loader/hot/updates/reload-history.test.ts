import { describe, expect, it } from 'vitest';
import {
  ReloadHistory,
  type Cause,
  type ReloadHistoryOptions,
} from '../../../../../loader/hot/updates/reload-history.js';

const memory = (): NonNullable<ReloadHistoryOptions['storage']> => {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
  };
};

const old = (key = 'index.html 1'): Cause => ({ key, isNew: false });
const fresh = (key = 'index.html 1'): Cause => ({ key, isNew: true });
const NOW = { kind: 'reload', wait: 0 };
const STOP = { kind: 'stop' };

/** A tab that loads a page again and again. */
function tab(storage: ReloadHistoryOptions['storage'] = memory()) {
  let now = 1_000_000;
  const load = (options: Partial<ReloadHistoryOptions> = {}) =>
    new ReloadHistory({
      storage,
      frame: '',
      page: '/',
      served: 1,
      now: () => now,
      sinceReload: () => Infinity,
      ...options,
    });
  return { load, pass: (ms: number) => void (now += ms) };
}

describe('a page that is outdated when it starts', () => {
  it('is reloaded once for a cause, also after a long time', () => {
    const { load, pass } = tab();
    expect(load().judge(old())).toEqual(NOW);
    load().record(old(), 0);
    expect(load().judge(old())).toEqual(STOP);
    pass(3_600_000);
    expect(load().judge(old())).toEqual(STOP);
    expect(load().judge(old('index.html 2'))).toEqual(NOW);
  });

  it('is not reloaded for a save that has reloaded it already', () => {
    const { load } = tab();
    load().record(fresh(), 0);
    expect(load().judge(old())).toEqual(STOP);
  });

  it('is not reloaded for one of several causes in turn', () => {
    const { load } = tab();
    load().record(old('index.html 1'), 0);
    load().record(old('files 2'), 0);
    expect(load().judge(old('index.html 1'))).toEqual(STOP);
    expect(load().judge(old('files 2'))).toEqual(STOP);
  });

  it('is another one at another URL, unless it is the same copy', () => {
    const { load } = tab();
    load().record(old(), 0);
    expect(load({ page: '/b.html', served: 2 }).judge(old())).toEqual(NOW);
    expect(load({ page: '/?t=2', served: 1 }).judge(old())).toEqual(STOP);
  });

  it('is another one in another frame and in another tab', () => {
    const { load } = tab();
    load().record(old(), 0);
    expect(load({ frame: '0' }).judge(old())).toEqual(NOW);
    expect(tab().load().judge(old())).toEqual(NOW);
  });
});

describe('a file that is saved while the page is open', () => {
  it('reloads it each time, also with content that it had before', () => {
    const { load, pass } = tab();
    for (const key of ['index.html a', 'index.html b', 'index.html a', 'index.html b']) {
      pass(2000);
      expect(load().judge(fresh(key))).toEqual(NOW);
      load().record(fresh(key), 0);
    }
  });

  it('waits longer and longer when reloads follow each other faster than a person saves', () => {
    const { load, pass } = tab();
    const waits: number[] = [];
    for (let save = 0; save < 14; save++) {
      const verdict = load().judge(fresh(`visits.json ${save}`));
      const wait = verdict.kind === 'reload' ? verdict.wait : -1;
      waits.push(wait);
      pass(wait);
      load().record(fresh(`visits.json ${save}`), wait);
      pass(400);
    }
    expect(waits).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    pass(60_000);
    expect(load().judge(fresh('visits.json 99'))).toEqual(NOW);
  });

  it('counts reloads that have nothing to do with files', () => {
    const { load } = tab();
    for (let time = 0; time < 8; time++) {
      expect(load().judge(null)).toEqual(NOW);
      load().record(null, 0);
    }
    expect(load().judge(null)).toEqual({ kind: 'reload', wait: 5000 });
  });
});

describe('without storage', () => {
  it('a page that was just reloaded and is outdated nevertheless stays', () => {
    const { load } = tab(null);
    load().record(old(), 0);
    expect(load().judge(old())).toEqual(NOW);
    expect(load({ sinceReload: () => 900 }).judge(old())).toEqual(STOP);
    expect(load({ sinceReload: () => 900 }).judge(fresh())).toEqual(NOW);
    expect(load({ sinceReload: () => 60_000 }).judge(old())).toEqual(NOW);
  });

  it('a full one and one that another script writes do not matter', () => {
    const full = {
      getItem: () => null,
      setItem: () => {
        throw new Error('full');
      },
    };
    const foreign = { getItem: () => '{"not":"a list', setItem: () => {} };
    for (const storage of [full, foreign]) {
      const { load } = tab(storage);
      load().record(old(), 0);
      expect(load().judge(old())).toEqual(NOW);
    }
  });
});
