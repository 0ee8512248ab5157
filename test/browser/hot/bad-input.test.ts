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

/** Back to root. */
let restore = () => {};
afterEach(() => restore());

/** Root may read whatever it likes: for the time of the test the server is nobody. */
function becomeNobody(): void {
  if (process.geteuid!() !== 0) return;
  process.seteuid!(65534);
  restore = () => process.seteuid!(0);
}

inEachBrowser((suite) => {
  const open = () => suite.open({ 'main.mjs': MAIN, 'a.mjs': module('a', 1, SELF) });
  const told = (hot: HotPage, message: string): Promise<readonly Diagnostic[]> =>
    new Promise((resolve) => {
      hot.server.registry.on('problems', (problems) => {
        if (problems.some((problem) => problem.message.includes(message))) resolve(problems);
      });
    });

  /** The page runs what it ran, and takes the next good save in. */
  const goesOn = async (hot: HotPage, version: number) => {
    await hot.save({ 'a.mjs': module('a', version, SELF) }, `accepted ${version}`);
    await hot.cleared();
    expect(await hot.survived()).toBe(true);
  };

  describe('a file that is no module any more', () => {
    it('as it is binary is told on both sides, and runs on as it was until it is one again', async () => {
      const hot = await open();
      const problems = told(hot, 'binary');
      await writeFile(join(hot.directory.directory, 'a.mjs'), BINARY);
      expect(await problems).toMatchObject([
        { path: 'a.mjs', message: 'this is a binary file, not source code' },
      ]);
      expect(await hot.overlaid('a.mjs:1:1')).toContain('this is a binary file, not source code');
      expect(await hot.log()).toEqual(['a 1', 'main 1']);
      await goesOn(hot, 2);
    });

    it('as it is a directory', async () => {
      const hot = await open();
      const file = join(hot.directory.directory, 'a.mjs');
      await rm(file);
      await mkdir(file);
      await hot.overlaid('cannot import "./a.mjs": it is a directory');
      await rm(file, { recursive: true });
      await goesOn(hot, 2);
    });

    it('as it is a link to itself', async () => {
      const hot = await open();
      const file = join(hot.directory.directory, 'a.mjs');
      await rm(file);
      await symlink('a.mjs', file);
      await hot.overlaid('a.mjs');
      await rm(file);
      await goesOn(hot, 2);
    });

    it('as it is too large', async () => {
      const hot = await open();
      const problems = told(hot, 'larger');
      await truncate(join(hot.directory.directory, 'a.mjs'), LIMITS.blobBytes + 1);
      expect(await problems).toMatchObject([{ path: 'a.mjs', message: 'it is larger than 64 MiB' }]);
      await hot.overlaid('a.mjs was left out: it is larger than 64 MiB');
      await goesOn(hot, 2);
    });

    it('as it may not be read', async () => {
      const hot = await open();
      const file = join(hot.directory.directory, 'a.mjs');
      await chmod(hot.directory.directory, 0o755);
      const problems = told(hot, 'no permission to read it');
      await writeFile(`${file}.tmp`, module('a', 2, SELF), { mode: 0o000 });
      await rename(`${file}.tmp`, file);
      becomeNobody();
      await problems;
      expect(await hot.overlaid('a.mjs was left out: there is no permission to read it')).not.toContain(
        'not there',
      );
      restore();
      await rm(file);
      await goesOn(hot, 3);
    });
  });

  it('the directory that vanishes and comes back changes nothing, and is followed again', async () => {
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
    await goesOn(hot, 2);
    expect(await hot.log()).toEqual(['a 1', 'main 1', 'a 2', 'accepted 2']);
  });

  it('links in a circle, and names that nobody can ask for, are no matter', async () => {
    const hot = await open();
    const at = (name: string) => join(hot.directory.directory, name);
    const problems = told(hot, 'control character');
    await mkdir(at('deep'));
    await symlink('..', at('deep/up'));
    await symlink('deep', at('again'));
    await writeFile(
      Buffer.concat([Buffer.from(at('x')), Buffer.from([0xff, 0xfe]), Buffer.from('.mjs')]),
      '1',
    );
    await writeFile(at('new\nline.mjs'), '1');
    await problems;
    await goesOn(hot, 2);
    expect(await hot.overlay()).toBeNull();
  });
});
