import { beforeEach, describe, expect, it } from 'vitest';
import { ModuleRecords } from '../../../../../loader/hot/modules/module-records.js';
import { UrlLifetime } from '../../../../../loader/hot/modules/url-lifetime.js';
import { FakePage, ROOT, source } from '../fake-page.js';

let page: FakePage;
let urls: UrlLifetime;
let records: ModuleRecords;

const url = (path: string) => ROOT + path;
const urlsOf = (modules: Iterable<{ readonly url: string }>) => [...modules].map((one) => one.url);

/** A page whose modules are linked and recorded. */
function open(files: Record<string, string>): void {
  page = new FakePage(files);
  urls = new UrlLifetime(() => {});
  records = new ModuleRecords(page.ports, urls);
  for (const [path, module] of records.site.manifest.modules) {
    page.targets.prepare({ ...module, path, url: url(path) });
  }
  records.recordEntries([url('main.mjs')]);
}

/** The newest manifest is that of these files. */
function save(files: Record<string, string | null>): void {
  page.save(files);
  records.setManifest(page.ports.channelClient.complete!.manifest);
}

const FILES = {
  'main.mjs': source(1, './a.mjs'),
  'a.mjs': source(1, './leaf.mjs'),
  'leaf.mjs': source(1),
  'other.mjs': source(1),
};

beforeEach(() => open(FILES));

describe('the records of the entries', () => {
  it('are what they import statically', () => {
    expect([...records.running.keys()]).toEqual([url('main.mjs'), url('a.mjs'), url('leaf.mjs')]);
    expect(records.running.get(url('a.mjs'))).toMatchObject({
      path: 'a.mjs',
      target: page.targets.targetOf(url('a.mjs')),
      name: undefined,
      imports: [url('leaf.mjs')],
    });
    expect(records.hasExternal).toBe(false);
  });

  it('name the blobs without which imports are unknown', () => {
    const { hash } = records.site.manifest.modules.get('a.mjs')!;
    page.blobs.delete(hash);
    records = new ModuleRecords(page.ports, urls);
    expect(records.recordEntries([url('main.mjs')])).toEqual(new Set([hash]));
    expect([...records.running.keys()]).toEqual([url('main.mjs'), url('a.mjs')]);
  });

  it('know that the browser loads modules by itself: those without a target, and those that do not parse', () => {
    records.recordEntries(['https://cdn/x.mjs']);
    expect(records.hasExternal).toBe(true);
    open({ 'main.mjs': '% broken' });
    expect(records.hasExternal).toBe(true);
  });
});

describe('changed modules', () => {
  it('run in another version than the newest manifest has', () => {
    expect(records.changed()).toEqual([]);
    save({ 'leaf.mjs': source(2), 'other.mjs': source(2) });
    expect(urlsOf(records.changed())).toEqual([url('leaf.mjs')]);
    expect(records.isNewest(url('leaf.mjs'))).toBe(false);
    expect(records.isNewest(url('a.mjs'))).toBe(true);
    expect(records.isNewest(url('other.mjs'))).toBe(false);
  });

  it('import a module that was not in the manifest and is now', () => {
    open({ 'main.mjs': source(1, './missing.mjs') });
    expect(records.changed()).toEqual([]);
    save({ 'missing.mjs': source(1) });
    expect(urlsOf(records.changed())).toEqual([url('main.mjs')]);
  });

  it('are not deleted ones', () => {
    save({ 'leaf.mjs': null });
    expect(records.changed()).toEqual([]);
    expect(urlsOf(records.deleted())).toEqual([url('leaf.mjs')]);
  });
});

describe('outdated modules below another', () => {
  it('are those that changed, and all between', () => {
    save({ 'leaf.mjs': source(2), 'main.mjs': source(2, './a.mjs') });
    expect(records.outdatedBelow(url('main.mjs'))).toEqual(
      new Set(['leaf.mjs', 'main.mjs', 'a.mjs'].map(url)),
    );
    expect(records.outdatedBelow(url('a.mjs'))).toEqual(new Set(['leaf.mjs', 'a.mjs'].map(url)));
    expect(records.outdatedBelow(url('leaf.mjs'))).toEqual(new Set([url('leaf.mjs')]));
    expect(records.outdatedBelow(url('other.mjs'))).toEqual(new Set());
  });

  it('are not versions that do not parse', () => {
    save({ 'leaf.mjs': '% broken' });
    expect(records.outdatedBelow(url('main.mjs'))).toEqual(new Set());
  });
});

describe('modules that were left to the browser', () => {
  it('are given once when the manifest has them', () => {
    records.leaveToBrowser(url('late.mjs'));
    expect(records.takeAppeared()).toEqual([]);
    save({ 'late.mjs': source(1) });
    expect(records.takeAppeared()).toEqual([url('late.mjs')]);
    expect(records.takeAppeared()).toEqual([]);
  });

  it('are files that were tried', () => {
    urls.markUnusable(url('late.mjs'));
    expect([records.wasTried('late.mjs'), records.wasTried('a.mjs')]).toEqual([true, false]);
  });
});

describe('the path of a module', () => {
  it('is found by its natural URL, with any query, and by the URLs of its instances', () => {
    urls.add('blob:later', url('a.mjs'));
    expect(records.pathOf(url('a.mjs?x'))).toBe('a.mjs');
    expect(records.pathOf('blob:later')).toBe('a.mjs');
    expect(records.pathOf(page.targets.targetOf(url('leaf.mjs'))!)).toBe('leaf.mjs');
  });

  it('is the URL itself where that is no module of the site', () => {
    expect(records.pathOf('https://cdn/x.mjs')).toBe('https://cdn/x.mjs');
    expect(records.pathOf('blob:unknown')).toBe('blob:unknown');
  });
});

it('knows which files run', () => {
  expect([records.runsFile('leaf.mjs'), records.runsFile('other.mjs')]).toEqual([true, false]);
  records.delete(url('leaf.mjs'));
  expect(records.runsFile('leaf.mjs')).toBe(false);
});

it('keeps the blobs of running and newest versions', () => {
  const blob = (version: number) => `leaf.mjs: ${source(version)}`;
  save({ 'leaf.mjs': source(2) });
  save({ 'leaf.mjs': source(3) });
  records.evict();
  expect([1, 2, 3].map((version) => page.blobs.has(blob(version)))).toEqual([true, false, true]);
});
