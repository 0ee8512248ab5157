import { chmod, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../registry/index.js';
import { LIMITS } from '../../../schema/index.js';
import { module, type HotPage } from './hot-page.js';
import { inEachBrowser } from './suite.js';

const MAIN = module('main', 1, `import './a.mjs';`);
const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;
const BINARY = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d]);

/** Gives the process its root rights back. */
let restore = () => {};
afterEach(() => restore());

/** Root can read every file, so the server runs as the user nobody during the test. */
function becomeNobody(): void {
  if (process.geteuid!() !== 0) return;
  process.seteuid!(65534);
  restore = () => process.seteuid!(0);
}

inEachBrowser((suite) => {
  const open = () => suite.open({ 'main.mjs': MAIN, 'a.mjs': module('a', 1, SELF) });
  const problemsWith = (hot: HotPage, message: string): Promise<readonly Diagnostic[]> =>
    new Promise((resolve) => {
      hot.server.registry.on('problems', (problems) => {
        if (problems.some((problem) => problem.message.includes(message))) resolve(problems);
      });
    });

  /** The page keeps running and applies the next good save. */
  const appliesNextSave = async (hot: HotPage, version: number) => {
    await hot.save({ 'a.mjs': module('a', version, SELF) }, `accepted ${version}`);
    await hot.overlayClosed();
    expect(await hot.survived()).toBe(true);
  };

  describe('a file that stops being a module', () => {
    it('is reported in page and server when it becomes binary, and the old version keeps running', async () => {
      const hot = await open();
      const problems = problemsWith(hot, 'binary');
      await writeFile(join(hot.directory.directory, 'a.mjs'), BINARY);
      expect(await problems).toMatchObject([
        { path: 'a.mjs', message: 'this is a binary file, not source code' },
      ]);
      expect(await hot.overlayShows('a.mjs:1:1')).toContain('this is a binary file, not source code');
      expect(await hot.log()).toEqual(['a 1', 'main 1']);
      await appliesNextSave(hot, 2);
    });

    it('is reported when it becomes a directory, and the next good save is applied', async () => {
      const hot = await open();
      const file = join(hot.directory.directory, 'a.mjs');
      await rm(file);
      await mkdir(file);
      await hot.overlayShows('cannot import "./a.mjs": it is a directory');
      await rm(file, { recursive: true });
      await appliesNextSave(hot, 2);
    });

    it('is reported when it becomes a link to itself, and the next good save is applied', async () => {
      const hot = await open();
      const file = join(hot.directory.directory, 'a.mjs');
      await rm(file);
      await symlink('a.mjs', file);
      await hot.overlayShows('a.mjs');
      await rm(file);
      await appliesNextSave(hot, 2);
    });

    it('is reported when it becomes too large, and the next good save is applied', async () => {
      const hot = await open();
      const problems = problemsWith(hot, 'larger');
      await truncate(join(hot.directory.directory, 'a.mjs'), LIMITS.blobBytes + 1);
      expect(await problems).toMatchObject([{ path: 'a.mjs', message: 'it is larger than 64 MiB' }]);
      await hot.overlayShows('a.mjs was left out: it is larger than 64 MiB');
      await appliesNextSave(hot, 2);
    });

    it('is reported when it becomes unreadable, and the next good save is applied', async () => {
      const hot = await open();
      const file = join(hot.directory.directory, 'a.mjs');
      await chmod(hot.directory.directory, 0o755);
      const problems = problemsWith(hot, 'no permission to read it');
      await writeFile(`${file}.tmp`, module('a', 2, SELF), { mode: 0o000 });
      await rename(`${file}.tmp`, file);
      becomeNobody();
      await problems;
      expect(await hot.overlayShows('a.mjs was left out: there is no permission to read it')).not.toContain(
        'not there',
      );
      restore();
      await rm(file);
      await appliesNextSave(hot, 3);
    });
  });

  it('a directory that disappears and comes back changes nothing and is watched again', async () => {
    const hot = await open();
    const { directory } = hot.directory;
    const state = (wanted: string) =>
      new Promise<void>((resolve) => {
        hot.server.registry.on('directory', (now) => now === wanted && resolve());
      });
    const gone = state('gone');
    await rename(directory, `${directory}-away`);
    await gone;
    const back = state('back');
    await rename(`${directory}-away`, directory);
    await back;
    await appliesNextSave(hot, 2);
    expect(await hot.log()).toEqual(['a 1', 'main 1', 'a 2', 'accepted 2']);
  });

  it('circular links and invalid file names do not affect the page', async () => {
    const hot = await open();
    const at = (name: string) => join(hot.directory.directory, name);
    const problems = problemsWith(hot, 'control character');
    await mkdir(at('deep'));
    await symlink('..', at('deep/up'));
    await symlink('deep', at('again'));
    await writeFile(
      Buffer.concat([Buffer.from(at('x')), Buffer.from([0xff, 0xfe]), Buffer.from('.mjs')]),
      '1',
    );
    await writeFile(at('new\nline.mjs'), '1');
    await problems;
    await appliesNextSave(hot, 2);
    expect(await hot.overlay()).toBeNull();
  });
});
