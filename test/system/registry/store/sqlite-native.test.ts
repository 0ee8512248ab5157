import { afterEach, expect, test, vi } from 'vitest';
import { openSqliteStore } from '../../../../registry/store/sqlite.js';
import { temporaryDirectory } from '../../../unit/registry/store/temporary.js';

const at = temporaryDirectory();
afterEach(() => vi.restoreAllMocks());

// In a separate file: once loaded, the native part stays loaded for the process.
test('a native part that was not built for this Node is reported with the command to fix it', async () => {
  vi.spyOn(process, 'dlopen').mockImplementation(() => {
    throw Object.assign(new Error('compiled against another NODE_MODULE_VERSION'), {
      code: 'ERR_DLOPEN_FAILED',
    });
  });
  const error = await openSqliteStore(at('a.db')).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: 'store-native',
    expected: expect.stringContaining(process.version),
    found: expect.stringContaining('NODE_MODULE_VERSION'),
  });
  expect(String(error)).toContain('npm rebuild better-sqlite3');
});
