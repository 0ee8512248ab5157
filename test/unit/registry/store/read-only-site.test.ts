import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { modcast } from '../../cli/program.js';
import { createRegistry } from '../../../../registry/index.js';
import { failFiles } from '../failing-files.js';
import { open, site, temporary } from '../site.js';

// Tests may run as root, for whom no directory is read-only.
describe.each(['EACCES', 'EPERM', 'EROFS'])(
  'read-only-site: a directory that may not be written (%s)',
  (code) => {
    const files = {
      'index.html': '<!doctype html><meta charset=utf-8><body><script type=module src=main.mjs></script>',
      'main.mjs': 'console.log(1);\n',
    };
    const readOnly = async () => {
      const directory = await site(files);
      failFiles({ promises: ['mkdir'] }, (file) => (file.startsWith(directory) ? code : undefined));
      return directory;
    };
    const message = new RegExp(
      `read-only for this user.*\\(${code}\\); keep the database elsewhere with --db`,
    );

    it('is an error with a code that says so, when it is published and when it is served', async () => {
      const directory = await readOnly();
      const published = await modcast(directory, ['publish', '.']);
      expect([published.code, published.out]).toEqual([1, '']);
      expect(published.err).toMatch(message);
      expect(published.err).toMatch(/\(store-unavailable\)\n$/);
      const registry = createRegistry({ directory, watch: false });
      await expect(registry.ready).rejects.toMatchObject({
        code: 'store-unavailable',
        message: expect.stringMatching(message),
      });
      await registry.close();
      expect(existsSync(path.join(directory, '.modcast'))).toBe(false);
    });

    it('is published and served with a database elsewhere', async () => {
      const directory = await readOnly();
      const database = path.join(await temporary(), 'a.db');
      expect(await modcast(directory, ['publish', '.', '--db', database])).toMatchObject({ code: 0 });
      expect((await open({ directory, database }).ready)?.manifest.modules.size).toBe(2);
    });
  },
);
