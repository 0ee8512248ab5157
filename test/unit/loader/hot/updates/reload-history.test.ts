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
const WHY = 'visits.json changed';
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
    expect(load().judge(WHY, old())).toEqual(NOW);
    load().record(WHY, old(), 0);
    expect(load().judge(WHY, old())).toEqual(STOP);
    pass(3_600_000);
    expect(load().judge(WHY, old())).toEqual(STOP);
    expect(load().judge(WHY, old('index.html 2'))).toEqual(NOW);
  });

  it('is not reloaded for a save that has reloaded it already', () => {
    const { load } = tab();
    load().record(WHY, fresh(), 0);
    expect(load().judge(WHY, old())).toEqual(STOP);
  });

  it('is not reloaded for one of several causes in turn', () => {
    const { load } = tab();
    load().record(WHY, old('index.html 1'), 0);
    load().record(WHY, old('files 2'), 0);
    expect(load().judge(WHY, old('index.html 1'))).toEqual(STOP);
    expect(load().judge(WHY, old('files 2'))).toEqual(STOP);
  });

  it('is another one at another URL, unless it is the same copy', () => {
    const { load } = tab();
    load().record(WHY, old(), 0);
    expect(load({ page: '/b.html', served: 2 }).judge(WHY, old())).toEqual(NOW);
    expect(load({ page: '/?t=2', served: 1 }).judge(WHY, old())).toEqual(STOP);
  });

  it('is another one in another frame and in another tab', () => {
    const { load } = tab();
    load().record(WHY, old(), 0);
    expect(load({ frame: '0' }).judge(WHY, old())).toEqual(NOW);
    expect(tab().load().judge(WHY, old())).toEqual(NOW);
  });
});

describe('a file that is saved while the page is open', () => {
  it('reloads it each time, also with content that it had before', () => {
    const { load, pass } = tab();
    for (const key of ['index.html a', 'index.html b', 'index.html a', 'index.html b']) {
      pass(2000);
      expect(load().judge(WHY, fresh(key))).toEqual(NOW);
      load().record(WHY, fresh(key), 0);
    }
  });

  /** A page that needs a reload some time after the last one, and after it has waited for that. */
  function reloads(passes: readonly number[], reasonOf: (save: number) => string = () => WHY) {
    const { load, pass } = tab();
    return passes.map((ms, save) => {
      const reason = reasonOf(save);
      const verdict = load().judge(reason, fresh(`${reason} ${save}`));
      const wait = verdict.kind === 'reload' ? verdict.wait : -1;
      pass(wait);
      load().record(reason, fresh(`${reason} ${save}`), wait);
      pass(ms);
      return wait;
    });
  }
  const times = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms);
  const BURST = times(8, 0);

  it('waits longer and longer when the page causes its own reloads', () => {
    const longer = [...BURST, 5000, 10_000, 20_000, 40_000, 60_000, 60_000];
    expect(reloads(times(14, 400))).toEqual(longer);
    // It writes two files, which arrive together or one after the other.
    const files = ['visits.json', 'log.json', 'log.json, visits.json'];
    expect(reloads(times(14, 400), (save) => `${files[save % 3]} changed`)).toEqual(longer);
  });

  it('waits no longer when a person goes on to save after a burst', () => {
    const waits = reloads([...times(8, 400), ...times(6, 5500)]);
    expect(waits).toEqual([...BURST, 5000, 0, 0, 0, 0, 0]);
  });

  it('waits no longer than the first time when other files change each time', () => {
    const waits = reloads(times(40, 400), (save) => `lib/${save}.mjs changed`);
    expect(waits).toEqual([...BURST, ...times(32, 5000)]);
  });

  it('counts reloads that have nothing to do with files', () => {
    const { load } = tab();
    for (let time = 0; time < 8; time++) {
      expect(load().judge(WHY, null)).toEqual(NOW);
      load().record(WHY, null, 0);
    }
    expect(load().judge(WHY, null)).toEqual({ kind: 'reload', wait: 5000 });
  });
});

describe('without storage', () => {
  it('a page that was just reloaded and is outdated nevertheless stays', () => {
    const { load } = tab(null);
    load().record(WHY, old(), 0);
    expect(load().judge(WHY, old())).toEqual(NOW);
    expect(load({ sinceReload: () => 900 }).judge(WHY, old())).toEqual(STOP);
    expect(load({ sinceReload: () => 900 }).judge(WHY, fresh())).toEqual(NOW);
    expect(load({ sinceReload: () => 60_000 }).judge(WHY, old())).toEqual(NOW);
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
      load().record(WHY, old(), 0);
      expect(load().judge(WHY, old())).toEqual(NOW);
    }
  });
});
