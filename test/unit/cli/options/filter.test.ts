import { describe, expect, it } from 'vitest';
import { filterOf } from '../../../../cli/options/filter.js';
import { publishFilter } from '../../../../cli/publishing/publish-filter.js';
import { SITE_FILTER, compileFilter, literalGlob } from '../../../../registry/ingest/files.js';

describe('--include and --exclude', () => {
  const defaults = { include: ['**/*'], exclude: ['**/node_modules/**', '**/*.bak'] };

  it('replace the default, and add to it', () => {
    expect(filterOf({}, defaults)).toEqual(defaults);
    expect(filterOf({ include: ['*.js'], exclude: ['a.js'] }, defaults)).toEqual({
      include: ['*.js'],
      exclude: ['**/node_modules/**', '**/*.bak', 'a.js'],
    });
  });

  it('take node_modules in where a glob names it', () => {
    const { exclude } = filterOf({ include: ['**/*', 'node_modules/three/**'] }, defaults);
    expect(exclude).toEqual(['**/*.bak']);
  });
});

it.each(['a.js', 'a*b?.js', 'a[1]/{b}.js', '(a)+!@|b.js', '^a$.js', 'a\\b.js'])(
  'a literal glob matches exactly its path: %s',
  (name) => {
    const matches = compileFilter({ include: [literalGlob(name)], exclude: [] });
    expect(matches(name)).toBe(true);
    for (const other of ['ab.js', 'aXb1.js', 'a1/b.js', 'x', `${name}x`]) expect(matches(other)).toBe(false);
  },
);

describe('the files of a publish', () => {
  it('are all but the database and the files beside it', () => {
    const filter = publishFilter({}, '/site', '/site/data/[x].db');
    const matches = compileFilter(filter);
    const names = ['', '-wal', '-shm', '-journal', '-server', '-server.note'];
    for (const end of names) expect(matches(`data/[x].db${end}`)).toBe(false);
    for (const other of ['data/x.db', 'data/other.db', '[x].db', 'data/[x].dbx']) {
      expect(matches(other)).toBe(true);
    }
  });

  it('are those of the site if the database is elsewhere', () => {
    expect(publishFilter({}, '/site', '/site.db')).toEqual(SITE_FILTER);
    expect(publishFilter({}, '/site', undefined)).toEqual(SITE_FILTER);
  });
});
