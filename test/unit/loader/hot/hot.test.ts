import { afterEach, describe, expect, it, vi } from 'vitest';
import type { HotContext, ModuleNamespace } from '../../../../loader/hot/api.js';
import { FakePage, source, type FakePageOptions } from './fake-page.js';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const open = (files: Record<string, string>, options: FakePageOptions = {}) =>
  new FakePage(files, options).start();

/** A gate for top-level awaits and callbacks. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

const accepts = ({ hot }: { hot: HotContext }) => hot.accept();

const FILES = { 'main.mjs': source(1, './a.mjs'), 'a.mjs': source(1, './leaf.mjs'), 'leaf.mjs': source(1) };

describe('an update', () => {
  it('replaces the changed module and its importers up to the boundary', async () => {
    const page = await open(FILES, { code: { 'a.mjs 1': accepts } });
    expect(page.ran()).toEqual(['leaf.mjs 1', 'a.mjs 1', 'main.mjs 1']);
    await page.update({ 'leaf.mjs': source(2) });
    expect(page.ran()).toEqual(['leaf.mjs 2', 'a.mjs 1']);
  });

  it('calls the boundary with the new module, and disposes the old ones before', async () => {
    const page = await open(FILES, {
      code: {
        'main.mjs 1': ({ hot }) =>
          hot.accept('./a.mjs', (module) => page.log.push(`got ${module?.['version']}`)),
        'a.mjs 1': ({ hot }) => hot.dispose(() => void page.log.push('disposed a')),
      },
    });
    page.ran();
    await page.update({ 'a.mjs': source(2, './leaf.mjs') });
    expect(page.ran()).toEqual(['disposed a', 'a.mjs 2', 'got 2']);
  });

  it('reloads the page when no module accepts it, and says which', async () => {
    const page = await open(FILES);
    await page.update({ 'leaf.mjs': source(2) });
    expect(page.log).toContain(
      'info: modcast: full reload: leaf.mjs → a.mjs → main.mjs: no module accepts the update',
    );
    expect(page.log.at(-1)).toBe('reload');
  });

  it('leaves a version that does not parse alone, until it does', async () => {
    const page = await open(FILES, { code: { 'a.mjs 1': accepts } });
    await page.update({ 'main.mjs': '% broken', 'leaf.mjs': source(1) });
    expect(page.ran()).not.toContain('reload');
    await page.update({ 'main.mjs': source(2, './a.mjs') });
    expect(page.ran()).toContain('reload');
  });

  it('keeps the old instances when the new one throws, and tries again with the next change', async () => {
    const page = await open(FILES, {
      code: {
        'a.mjs 1': accepts,
        'a.mjs 2': () => {
          throw new Error('a 2 fails');
        },
      },
    });
    page.ran();
    await page.update({ 'a.mjs': source(2, './leaf.mjs') });
    expect(page.ran()).toEqual(['a.mjs 2']);
    expect(await page.hot.import(page.url('main.mjs'), page.url('a.mjs'))).toMatchObject({ version: '1' });
    await page.update({ 'a.mjs': source(3, './leaf.mjs') });
    expect(page.ran()).toContain('a.mjs 3');
  });

  it('applies only the newest of several deploys that arrive during another update', async () => {
    const hold = gate();
    const page = await open(FILES, {
      code: { 'a.mjs 1': accepts, 'a.mjs 2': ({ hot }) => (hot.accept(), hold.opened) },
    });
    page.ran();
    await page.update({ 'a.mjs': source(2, './leaf.mjs') });
    page.save({ 'a.mjs': source(3, './leaf.mjs') });
    page.save({ 'a.mjs': source(4, './leaf.mjs') });
    hold.open();
    await page.settle();
    expect(page.ran()).toEqual(['a.mjs 2', 'a.mjs 4']);
  });

  it('is left to the application that prevents it, and the next one is not', async () => {
    const page = await open(FILES, { code: { 'a.mjs 1': accepts } });
    page.ran();
    page.prevents = true;
    await page.update({ 'a.mjs': source(2, './leaf.mjs') });
    page.prevents = false;
    await page.update({ 'leaf.mjs': source(2) });
    expect(page.ran()).toEqual(['leaf.mjs 2', 'a.mjs 2']);
  });

  it('prunes what nothing imports any more', async () => {
    const page = await open(FILES, {
      code: {
        'a.mjs 1': accepts,
        'leaf.mjs 1': ({ hot }) => hot.prune(() => void page.log.push('pruned leaf')),
      },
    });
    page.ran();
    await page.update({ 'a.mjs': source(2) });
    expect(page.ran()).toEqual(['a.mjs 2', 'pruned leaf']);
  });

  it('continues at the importers of a module that invalidates itself', async () => {
    const page = await open(FILES, {
      code: {
        'main.mjs 1': accepts,
        'a.mjs 1': accepts,
        'a.mjs 2': ({ hot }) => hot.invalidate('not me'),
      },
    });
    page.ran();
    await page.update({ 'a.mjs': source(2, './leaf.mjs') });
    expect(page.log).toContain('info: modcast: a.mjs invalidated itself: not me');
    expect(page.ran()).toEqual(['a.mjs 2', 'main.mjs 1']);
  });

  it('is none for a module that invalidates itself when it first runs (reload-loop-by-invalidate)', async () => {
    const gives = gate();
    const ready = Promise.resolve();
    const page = await open(FILES, {
      code: {
        'leaf.mjs 1': ({ hot }) => (hot.accept(), hot.invalidate()),
        'a.mjs 1': async ({ hot }) => (hot.accept(), await ready, hot.invalidate('after an await')),
        'main.mjs 1': ({ hot }) => (
          hot.on('vite:invalidate', ({ path }) => void page.log.push(`heard ${path}`)),
          void gives.opened.then(() => hot.invalidate('after its run'))
        ),
      },
    });
    gives.open();
    await page.settle();
    expect(page.ran()).toEqual(['leaf.mjs 1', 'a.mjs 1', 'main.mjs 1', 'heard /main.mjs']);
    await page.update({ 'leaf.mjs': source(2) });
    expect(page.ran()).toEqual(['leaf.mjs 2']);
  });

  it('is none for a dynamic import that invalidates itself when it first runs', async () => {
    const page = await open(
      { 'main.mjs': source(1), 'late.mjs': source(1) },
      { code: { 'late.mjs 1': ({ hot }) => (hot.accept(), hot.invalidate()) } },
    );
    page.ran();
    await page.hot.import(page.url('main.mjs'), page.url('late.mjs'));
    await page.settle();
    expect(page.ran()).toEqual(['late.mjs 1']);
  });

  it('reloads once when two modules invalidate each other in turn', async () => {
    const gives = ({ hot }: { hot: HotContext }) => (hot.accept(), hot.invalidate());
    const page = await open(
      { 'main.mjs': source(1, './a.mjs'), 'a.mjs': source(1, './b.mjs'), 'b.mjs': source(1, './a.mjs') },
      {
        code: {
          'main.mjs 1': ({ hot }) => hot.accept('./a.mjs', () => {}),
          'a.mjs 1': gives,
          'b.mjs 1': gives,
          'b.mjs 2': gives,
        },
      },
    );
    page.ran();
    await page.update({ 'b.mjs': source(2, './a.mjs') });
    for (let turn = 0; turn < 20; turn++) await page.settle();
    expect(page.log).toContain('info: modcast: full reload: b.mjs invalidates itself again and again');
    expect(page.ran()).toEqual(['b.mjs 2', 'a.mjs 1', 'b.mjs 2', 'reload']);
  });

  it('reloads once when one instance invalidates itself each time an importer runs again', async () => {
    let gives = () => {};
    const page = await open(FILES, {
      code: {
        'main.mjs 1': ({ hot }) => (hot.accept(), gives()),
        'a.mjs 1': accepts,
        'a.mjs 2': ({ hot }) => (hot.accept(), (gives = () => hot.invalidate())),
      },
    });
    await page.update({ 'a.mjs': source(2, './leaf.mjs') });
    page.ran();
    gives();
    for (let turn = 0; turn < 20; turn++) await page.settle();
    expect(page.ran()).toEqual([...Array<string>(10).fill('main.mjs 1'), 'reload']);
  });

  it('fetches blobs that are not in the page', async () => {
    const page = await open(FILES, { code: { 'a.mjs 1': accepts } });
    page.ran();
    page.save({ 'a.mjs': source(2, './new.mjs'), 'new.mjs': source(1) }, { withBlobs: false });
    await page.settle();
    expect(page.ran()).toEqual(['new.mjs 1', 'a.mjs 2']);
  });

  it('fails when the server does not send a blob, and the old instances run on', async () => {
    const page = await open(FILES, { code: { 'a.mjs 1': accepts } });
    page.ran();
    page.answers = false;
    page.save({ 'a.mjs': source(2, './leaf.mjs') }, { withBlobs: false });
    await page.settle();
    expect(page.log).toContain('error: Failure: a.mjs did not arrive from the server');
    expect(page.ran()).toEqual([]);
  });

  it.each([
    ['leaves an import() of what did not arrive to the browser before', false],
    ['fails an import() of what did not arrive after', true],
  ])('%s modules have been replaced', async (_, isReplaced) => {
    const files = { ...FILES, 'late.mjs': source(1, './leaf.mjs') };
    const page = await open(files, { code: { 'a.mjs 1': accepts } });
    if (isReplaced) await page.update({ 'leaf.mjs': source(2) });
    page.ran();
    page.answers = false;
    page.save({ 'late.mjs': source(2, './leaf.mjs') }, { withBlobs: false });
    await page.settle();
    const failure = page.hot.import(page.url('main.mjs'), page.url('late.mjs')).then(
      () => 'imported',
      (error: Error) => error.message,
    );
    await page.settle();
    const expected = 'late.mjs did not arrive from the server';
    expect((await failure) === expected).toBe(isReplaced);
    expect(page.ran().some((one) => one.startsWith('leaf.mjs'))).toBe(false);
  });

  it('replaces a cycle, through an alias', async () => {
    const cycle = {
      'main.mjs': source(1, './a.mjs'),
      'a.mjs': source(1, './b.mjs'),
      'b.mjs': source(1, './a.mjs'),
    };
    const page = await open(cycle, { code: { 'a.mjs 1': accepts } });
    page.ran();
    await page.update({ 'b.mjs': source(2, './a.mjs') });
    expect(page.ran()).toEqual(['b.mjs 2', 'a.mjs 1']);
    expect(Object.entries(page.installedMaps.at(-1)!)).toEqual([
      [
        expect.stringMatching(/^modcast:\d+\/https:\/\/host\/a\.mjs$/),
        expect.stringMatching(/^blob:a\.mjs 1/),
      ],
    ]);
  });

  it('reloads the page for a cycle where no import map can be added', async () => {
    const cycle = {
      'main.mjs': source(1, './a.mjs'),
      'a.mjs': source(1, './b.mjs'),
      'b.mjs': source(1, './a.mjs'),
    };
    const page = await open(cycle, { code: { 'a.mjs 1': accepts }, laterMaps: false });
    await page.update({ 'b.mjs': source(2, './a.mjs') });
    expect(page.log).toContain(
      'info: modcast: full reload: a.mjs: in a cycle, which only a reload can replace',
    );
  });

  it('fails for a module that cannot run from its own URL', async () => {
    const page = await open(FILES, { code: { 'a.mjs 1': accepts }, pinned: ['leaf.mjs'] });
    page.ran();
    await page.update({ 'leaf.mjs': source(2) });
    expect(page.log).toContain('error: Failure: leaf.mjs cannot be replaced in a running page');
    expect(page.ran()).toEqual([]);
  });

  it('frees the URLs of old instances', async () => {
    const page = await open(FILES, { code: { 'a.mjs 1': accepts, 'a.mjs 2': accepts } });
    await page.update({ 'a.mjs': source(2, './leaf.mjs') });
    await page.update({ 'a.mjs': source(3, './leaf.mjs') });
    expect(page.targets.discarded.map((target) => target.replace(/ #.*/, ''))).toEqual([
      'blob:a.mjs 1',
      'blob:a.mjs 2',
    ]);
  });
});

describe('a full reload', () => {
  /** The reason on the console. */
  const reason = (page: FakePage) =>
    page.log.flatMap((line) => /^info: modcast: full reload: (.*)/.exec(line)?.[1] ?? []);

  it('happens once where a cache or a proxy goes on to answer with old HTML, until the next save', async () => {
    const items = new Map<string, string>();
    vi.stubGlobal('sessionStorage', {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
    });
    vi.stubGlobal('navigator', {});
    const index = (version: number) => ({ 'index.html': source(version) });
    const first = await open({ ...FILES, ...index(1) });
    const old = first.ports.pageDeploy.release.manifest;
    await first.update(index(2));
    expect(first.ran()).toContain('reload');

    const reloaded = new FakePage({ ...FILES, ...index(2) }, { code: { 'a.mjs 1': accepts } });
    Object.assign(reloaded.ports, {
      config: { ...reloaded.ports.config, hot: { ...reloaded.ports.config.hot, deploy: 7 } },
      fetchManifest: async () => old,
    });
    await reloaded.start();
    expect(reloaded.log.filter((line) => line.startsWith('warn: modcast: stopped reloading: '))).toEqual([
      'warn: modcast: stopped reloading: index.html changed, and a reload did not bring the new version. A cache ' +
        'or a proxy between browser and server may answer with an old copy: clear or bypass it. The next save tries ' +
        'again.',
    ]);
    await reloaded.update({ 'leaf.mjs': source(2) });
    expect(reloaded.ran()).toEqual(['leaf.mjs 1', 'a.mjs 1', 'main.mjs 1', 'leaf.mjs 2', 'a.mjs 1']);
    await reloaded.update(index(3));
    expect(reloaded.ran()).toEqual(['reload']);
  });

  it('says that the HTML of the page changed', async () => {
    const page = await open({ ...FILES, 'index.html': source(1) });
    await page.update({ 'index.html': source(2) });
    expect(reason(page)).toEqual(['index.html changed']);
  });

  it('says that a file changed which the page loads without importing it', async () => {
    const page = await open({ ...FILES, 'data.json': source(1), 'other.json': source(1) });
    const loaded = [{ name: page.url('data.json'), responseStatus: 200 }];
    vi.spyOn(performance, 'getEntriesByType').mockReturnValue(loaded as never);
    await page.update({ 'other.json': source(2) });
    expect(reason(page)).toEqual([]);
    await page.update({ 'data.json': source(2) });
    expect(reason(page)).toEqual(['data.json changed, and the page loads it without importing it']);
  });

  it('says which entry has not run to its end', async () => {
    const page = await open(FILES, {
      code: {
        'a.mjs 1': accepts,
        'main.mjs 1': () => {
          throw new Error('main fails');
        },
      },
    });
    await page.update({ 'a.mjs': source(2, './leaf.mjs') });
    expect(reason(page)).toEqual(['a.mjs → main.mjs: main.mjs has not run to its end']);
  });

  it('happens once', async () => {
    const page = await open(FILES);
    await page.update({ 'leaf.mjs': source(2) });
    await page.update({ 'leaf.mjs': source(3) });
    expect(reason(page)).toHaveLength(1);
  });

  it('is postponed while a module does not parse, and says why', async () => {
    const page = await open(FILES);
    await page.update({ 'a.mjs': '% broken', 'leaf.mjs': source(2) });
    expect(reason(page)).toEqual([]);
    expect(page.log).toContain(
      'info: modcast: full reload postponed until these parse: a.mjs (leaf.mjs → a.mjs → main.mjs: no module accepts the update)',
    );
  });
});

describe('a version that waits at a top-level await', () => {
  it('is given up for a newer update, and applied when it has run after all', async () => {
    const hold = gate();
    const files = { ...FILES, 'main.mjs': source(1, './a.mjs', './b.mjs'), 'b.mjs': source(1) };
    const page = await open(files, {
      code: { 'a.mjs 1': accepts, 'b.mjs 1': accepts, 'a.mjs 2': () => hold.opened },
    });
    page.ran();
    await page.update({ 'a.mjs': source(2, './leaf.mjs') });
    page.save({ 'b.mjs': source(2) });
    await page.pass(1000);
    expect(page.log).toContain(
      'warn: modcast: a.mjs, or a module that it imports, still waits at a top-level await',
    );
    expect(page.ran()).toEqual(['a.mjs 2', 'b.mjs 2']);
    expect(await page.hot.import(page.url('main.mjs'), page.url('a.mjs'))).toMatchObject({ version: '1' });
    hold.open();
    await page.settle();
    expect(page.ran()).toEqual(['a.mjs 2']);
  });

  it('does not keep an import() of another module waiting', async () => {
    const page = await open(FILES, {
      code: { 'a.mjs 1': accepts, 'a.mjs 2': () => new Promise(() => {}) },
    });
    page.save({ 'a.mjs': source(2, './leaf.mjs'), 'later.mjs': source(1) });
    await page.settle();
    expect(await page.hot.import(page.url('main.mjs'), page.url('later.mjs'))).toMatchObject({
      version: '1',
    });
  });
});

describe('import()', () => {
  it('creates the instances synchronously, so that two calls share them', async () => {
    const page = await open({
      ...FILES,
      'one.mjs': source(1, './both.mjs'),
      'two.mjs': source(1, './both.mjs'),
      'both.mjs': source(1),
    });
    page.ran();
    const main = page.url('main.mjs');
    await Promise.all([
      page.hot.import(main, page.url('one.mjs')),
      page.hot.import(main, page.url('two.mjs')),
    ]);
    expect(page.ran().toSorted()).toEqual(['both.mjs 1', 'one.mjs 1', 'two.mjs 1']);
  });

  it('creates another instance after a failure', async () => {
    let fails = true;
    const page = await open(
      { ...FILES, 'one.mjs': source(1) },
      {
        code: {
          'one.mjs 1': () => {
            if (fails) throw new Error('not yet');
          },
        },
      },
    );
    page.ran();
    const main = page.url('main.mjs');
    await expect(page.hot.import(main, page.url('one.mjs'))).rejects.toThrow('not yet');
    fails = false;
    expect(await page.hot.import(main, page.url('one.mjs'))).toMatchObject({ version: '1' });
    expect(page.ran()).toEqual(['one.mjs 1', 'one.mjs 1']);
  });

  it('fails with the path for a file that was deleted', async () => {
    const page = await open(FILES, { code: { 'a.mjs 1': accepts } });
    await page.update({ 'a.mjs': source(2), 'leaf.mjs': null });
    await expect(page.hot.import(page.url('main.mjs'), page.url('leaf.mjs'))).rejects.toThrow(
      'leaf.mjs does not exist any more',
    );
  });

  it('leaves a module that the registry does not have to the browser', async () => {
    const page = await open(FILES);
    await expect(page.hot.import(page.url('main.mjs'), 'https://cdn/x.mjs')).rejects.toThrow(
      'no module at https://cdn/x.mjs',
    );
  });
});

describe('modcast.import of the newest version', () => {
  it('imports the instance that runs, when it is the newest', async () => {
    const page = await open(FILES);
    page.ran();
    expect(await page.hot.newest(page.url('a.mjs'))).toMatchObject({ version: '1' });
    expect(page.ran()).toEqual([]);
  });

  it('replaces outdated modules, disposes the old ones, and drops what they registered', async () => {
    const page = await open(FILES, {
      code: {
        'leaf.mjs 1': ({ hot }) => {
          hot.dispose(() => void page.log.push('disposed leaf'));
          hot.on('x', () => page.log.push('old listener'));
        },
      },
    });
    page.ran();
    page.prevents = true;
    await page.update({ 'leaf.mjs': source(2) });
    expect(await page.hot.newest(page.url('a.mjs'))).toMatchObject({ version: '1' });
    expect(page.ran()).toEqual(['disposed leaf', 'leaf.mjs 2', 'a.mjs 1']);
    expect(await page.hot.newest(page.url('leaf.mjs'))).toMatchObject({ version: '2' });
    expect(page.ran()).toEqual([]);
  });

  it('rejects when the new version fails, and the old one runs on', async () => {
    const page = await open(FILES, {
      code: {
        'leaf.mjs 2': () => {
          throw new Error('leaf 2 fails');
        },
      },
    });
    page.prevents = true;
    await page.update({ 'leaf.mjs': source(2) });
    await expect(page.hot.newest(page.url('a.mjs'))).rejects.toThrow('leaf 2 fails');
    expect(await page.hot.import(page.url('main.mjs'), page.url('a.mjs'))).toMatchObject({ version: '1' });
  });

  it('does not wait for the boot: an entry may wait for it', async () => {
    const page = new FakePage({ ...FILES, 'other.mjs': source(1) });
    page.code['main.mjs 1'] = async () => {
      const module = (await page.hot.newest(page.url('other.mjs'))) as ModuleNamespace;
      page.log.push(`main got ${module['version']}`);
    };
    await page.start();
    expect(page.ran()).toContain('main got 1');
  });

  it('ends when it is called in the update event, and has the new version', async () => {
    const page = await open(FILES, { code: { 'a.mjs 1': accepts } });
    page.ran();
    let asked: Promise<unknown> | undefined;
    page.onUpdate = () => (asked = page.hot.newest(page.url('leaf.mjs')));
    await page.update({ 'leaf.mjs': source(2) });
    expect(await asked).toMatchObject({ version: '2' });
    expect(page.ran()).toEqual(['leaf.mjs 2', 'a.mjs 1']);
  });

  it('ends when it is called in the update event that the application prevents', async () => {
    const page = await open(FILES);
    page.ran();
    page.prevents = true;
    let asked: Promise<unknown> | undefined;
    page.onUpdate = () => (asked = page.hot.newest(page.url('a.mjs')));
    await page.update({ 'leaf.mjs': source(2) });
    expect(await asked).toMatchObject({ version: '1' });
    expect(page.ran()).toEqual(['leaf.mjs 2', 'a.mjs 1']);
  });

  /** The page runs `stale.mjs 1` although there is a version 2, which the application has prevented. */
  async function openWithStale(code: FakePageOptions['code']): Promise<FakePage> {
    const files = { ...FILES, 'main.mjs': source(1, './a.mjs', './stale.mjs'), 'stale.mjs': source(1) };
    const page = await open(files, { ...(code && { code }) });
    page.prevents = true;
    await page.update({ 'stale.mjs': source(2) });
    page.prevents = false;
    page.ran();
    return page;
  }

  it('ends when a dispose callback of the running update waits for it', async () => {
    const page = await openWithStale({
      'a.mjs 1': ({ hot }) => {
        hot.accept();
        hot.dispose(async () => {
          const module = (await page.hot.newest(page.url('stale.mjs'))) as ModuleNamespace;
          page.log.push(`dispose got ${module['version']}`);
        });
      },
    });
    await page.update({ 'a.mjs': source(2, './leaf.mjs') });
    expect(page.ran()).toEqual(['stale.mjs 2', 'dispose got 2', 'a.mjs 2']);
  });

  it('ends when a prune callback of the running update waits for it', async () => {
    const page = await openWithStale({
      'a.mjs 1': accepts,
      'leaf.mjs 1': ({ hot }) => hot.prune(async () => void (await page.hot.newest(page.url('stale.mjs')))),
    });
    await page.update({ 'a.mjs': source(2) });
    expect(page.ran()).toEqual(['a.mjs 2', 'stale.mjs 2']);
    await page.hot.idle();
  });

  it('ends when a new version waits for it at its top level', async () => {
    const page = await openWithStale({
      'a.mjs 1': accepts,
      'a.mjs 2': async () => void (await page.hot.newest(page.url('stale.mjs'))),
    });
    await page.update({ 'a.mjs': source(2, './leaf.mjs') });
    expect(page.ran()).toEqual(['a.mjs 2', 'stale.mjs 2']);
    await page.hot.idle();
  });

  it('ends when an accept callback of the running update calls it', async () => {
    let asked: Promise<unknown> | undefined;
    const page = await openWithStale({
      'a.mjs 1': ({ hot }) => hot.accept(() => (asked = page.hot.newest(page.url('stale.mjs')))),
    });
    await page.update({ 'a.mjs': source(2, './leaf.mjs') });
    expect(await asked).toMatchObject({ version: '2' });
    expect(page.ran()).toEqual(['a.mjs 2', 'stale.mjs 2']);
  });

  it('ends when its own new version waits for another newest version', async () => {
    const page = await openWithStale({
      'stale.mjs 2': async () => void (await page.hot.newest(page.url('more.mjs'))),
    });
    page.save({ 'more.mjs': source(1) });
    await page.settle();
    await page.hot.newest(page.url('stale.mjs'));
    expect(page.ran()).toEqual(['stale.mjs 2', 'more.mjs 1']);
  });

  it('does not replace modules between two steps of an update that fetches blobs', async () => {
    const page = await openWithStale({ 'a.mjs 1': accepts });
    const fetch = gate();
    const { channelClient } = page.ports;
    const need = channelClient.need.bind(channelClient);
    channelClient.need = async (...args) => {
      await fetch.opened;
      await need(...args);
    };
    page.save({ 'a.mjs': source(2, './leaf.mjs') }, { withBlobs: false });
    await page.settle();
    const asked = page.hot.newest(page.url('stale.mjs'));
    await page.settle();
    expect(page.ran()).toEqual([]);
    fetch.open();
    expect(await asked).toMatchObject({ version: '2' });
    await page.settle();
    expect(page.ran().toSorted()).toEqual(['a.mjs 2', 'stale.mjs 2']);
  });
});
