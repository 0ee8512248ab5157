import { appendFileSync, writeFileSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { module } from './hot-page.js';
import { inEachBrowser } from './suite.js';

// The ways in which editors and other tools write a file. The pauses are part of them.

const MAIN = module('main', 1, `import './a.mjs';`);
const SELF = `import.meta.hot.accept((module) => log.push('accepted ' + module?.version));`;
const a = (version: number, ...more: string[]) => module('a', version, ...more, SELF);

inEachBrowser((suite) => {
  const openSite = async (files: Record<string, string> = {}) => {
    const hot = await suite.open({ 'main.mjs': MAIN, 'a.mjs': a(1), ...files });
    return { hot, at: (name: string) => join(hot.directory.directory, name) };
  };

  describe('a saved file', () => {
    it('is updated once when a temporary file replaces it', async () => {
      const { hot, at } = await openSite();
      for (const version of [2, 3]) {
        await writeFile(at(`a.mjs.${version}.tmp`), a(version));
        await rename(at(`a.mjs.${version}.tmp`), at('a.mjs'));
        await hot.logged(`accepted ${version}`);
      }
      expect((await hot.log()).slice(2)).toEqual(['a 2', 'accepted 2', 'a 3', 'accepted 3']);
      expect(await hot.survived()).toBe(true);
    });

    it('is updated once when the old file is moved away first', async () => {
      const { hot, at } = await openSite();
      await rename(at('a.mjs'), at('a.mjs~'));
      await writeFile(at('a.mjs'), a(2));
      await rm(at('a.mjs~'));
      await hot.logged('accepted 2');
      expect((await hot.log()).slice(2)).toEqual(['a 2', 'accepted 2']);
      expect(await hot.survived()).toBe(true);
    });

    it('is updated once when it is truncated and then written', async () => {
      const { hot, at } = await openSite();
      const file = await open(at('a.mjs'), 'w');
      await delay(10);
      await file.writeFile(a(2));
      await file.close();
      await hot.logged('accepted 2');
      expect((await hot.log()).slice(2)).toEqual(['a 2', 'accepted 2']);
      expect(await hot.survived()).toBe(true);
    });

    it('is updated once when it is written in pieces that do not parse on their own', async () => {
      const { hot, at } = await openSite();
      writeFileSync(at('a.mjs'), 'export const broken = [\n');
      for (let piece = 0; piece < 5; piece++) {
        appendFileSync(at('a.mjs'), `${piece},\n`);
        await delay(2);
      }
      appendFileSync(at('a.mjs'), `];\n${a(2)}`);
      await hot.logged('accepted 2');
      await hot.overlayClosed();
      expect(await hot.survived()).toBe(true);
      expect((await hot.log()).slice(2)).toEqual(['a 2', 'accepted 2']);
    });

    it('runs in its second version when it is saved twice', async () => {
      const { hot, at } = await openSite();
      writeFileSync(at('a.mjs'), a(2));
      writeFileSync(at('a.mjs'), a(2));
      await hot.logged('accepted 2');
      writeFileSync(at('a.mjs'), a(3));
      await delay(15);
      writeFileSync(at('a.mjs'), a(4));
      await hot.logged('accepted 4');
      const lines = (await hot.log()).slice(2);
      expect(lines.slice(0, 2)).toEqual(['a 2', 'accepted 2']);
      expect(lines.slice(-2)).toEqual(['a 4', 'accepted 4']);
      expect(lines.filter((line) => line === 'a 2' || line === 'a 4')).toHaveLength(2);
      expect(await hot.survived()).toBe(true);
    });

    it('is not updated when it has not changed', async () => {
      const { hot, at } = await openSite({
        'main.mjs': module('main', 1, `import './a.mjs';`, `import './b.mjs';`),
        'b.mjs': module('b', 1, SELF),
      });
      writeFileSync(at('a.mjs'), a(1));
      await hot.save({ 'b.mjs': module('b', 2, SELF) }, 'accepted 2');
      expect((await hot.log()).slice(3)).toEqual(['b 2', 'accepted 2']);
    });
  });

  describe('files and directories', () => {
    it('can be created, renamed and deleted', async () => {
      const { hot, at } = await openSite();
      await mkdir(at('lib/deep'), { recursive: true });
      await writeFile(at('lib/deep/part.mjs'), module('part', 1));
      await hot.save({ 'a.mjs': a(2, `import './lib/deep/part.mjs';`) }, 'accepted 2');
      await hot.save({ 'lib/deep/part.mjs': module('part', 2) }, 'part 2');

      await rename(at('lib'), at('moved'));
      await hot.overlayShows('cannot find "./lib/deep/part.mjs"');
      await hot.save({ 'a.mjs': a(3, `import './moved/deep/part.mjs';`) }, 'accepted 3');
      await hot.overlayClosed();
      await hot.save({ 'moved/deep/part.mjs': module('part', 3) }, 'part 3');

      await rm(at('moved'), { recursive: true });
      await hot.overlayShows('cannot find "./moved/deep/part.mjs"');
      await hot.save({ 'a.mjs': a(4) }, 'accepted 4');
      await hot.overlayClosed();
      expect(await hot.survived()).toBe(true);
    });
  });

  describe('five hundred files that change at once', () => {
    it('are one deploy, one message and one update', async () => {
      const names = Array.from({ length: 500 }, (_, i) => `part${i}`);
      const parts = (version: number) =>
        names.map((name) => [`${name}.mjs`, `export const version = ${version};`]);
      const hot = await suite.open({
        'main.mjs': module(
          'main',
          1,
          ...names.map((name) => `import './${name}.mjs';`),
          `import.meta.hot.accept(${JSON.stringify(names.map((name) => `./${name}.mjs`))}, (all) => { globalThis.taken = (globalThis.taken ?? 0) + all.filter((one) => one?.version === 2).length; });`,
          `import.meta.hot.on('vite:afterUpdate', ({ updates }) => log.push('update of ' + updates.length));`,
        ),
        ...Object.fromEntries(parts(1)),
      });
      await hot.page.evaluate(() => modcast!.idle());
      hot.server.clear();
      // Like a checkout: without a pause in between.
      for (const [name, text] of parts(2)) writeFileSync(join(hot.directory.directory, name!), text!);
      await hot.logged('update of 500');
      expect((await hot.log()).filter((line) => line.startsWith('update'))).toEqual(['update of 500']);
      expect(await hot.page.evaluate(() => (globalThis as { taken?: number }).taken)).toBe(500);
      expect(hot.server.relay.messages('update')).toHaveLength(1);
      expect(await hot.page.evaluate(() => modcast!.stats().deploy)).toBe(2);
      expect(await hot.survived()).toBe(true);
    });
  });
});
