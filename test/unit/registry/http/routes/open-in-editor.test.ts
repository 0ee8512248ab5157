import { chmod, readFile, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createOpenInEditor } from '../../../../../registry/http/routes/open-in-editor.js';
import type { Clock } from '../../../../../registry/clock.js';
import { systemClock } from '../../../../../registry/clock.js';
import { temporary } from '../../site.js';
import { eventually } from '../../../../eventually.js';

/** A clock that the test advances. */
class Time implements Clock {
  #callback: (() => void) | undefined;
  after(_ms: number, callback: () => void) {
    this.#callback = callback;
    return { cancel: () => (this.#callback = undefined) };
  }
  pass(): void {
    this.#callback?.();
  }
}

beforeEach(() => {
  // Prints its own error.
  vi.spyOn(console, 'log').mockImplementation(() => {});
  for (const name of ['LAUNCH_EDITOR', 'VISUAL', 'EDITOR']) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/**
 * An editor that records its arguments and the time. It needs no other program, because PATH may be empty.
 */
async function editor(name: string, code = 0): Promise<{ program: string; args: () => Promise<string[]> }> {
  const directory = await temporary();
  const program = path.join(directory, name);
  await writeFile(program, `#!/bin/sh\nprintf '%s\\n' "$@" end >"$0.args"\nexit ${code}\n`);
  await chmod(program, 0o755);
  const read = async () => {
    const lines = (await readFile(`${program}.args`, 'utf8')).split('\n');
    expect(lines.splice(-2)).toEqual(['end', '']);
    return lines;
  };
  return { program, args: () => eventually(read) };
}

async function file(): Promise<string> {
  const name = path.join(await realpath(await temporary()), "it's a $(file).mjs");
  await writeFile(name, '');
  return name;
}

it('opens a place in the editor of LAUNCH_EDITOR, without a shell', async () => {
  const { program, args } = await editor('some-editor');
  vi.stubEnv('LAUNCH_EDITOR', program);
  const name = await file();
  const time = new Time();
  const opened = createOpenInEditor(time)(name, 12, 3);
  expect(await args()).toEqual([name, '12', '3']);
  time.pass();
  expect(await opened).toBeNull();
});

it('passes the place in the syntax of the editor', async () => {
  const { program, args } = await editor('code');
  vi.stubEnv('LAUNCH_EDITOR', program);
  const name = await file();
  const time = new Time();
  const opened = createOpenInEditor(time)(name, 12, 3);
  expect(await args()).toEqual(['-r', '-g', `${name}:12:3`]);
  time.pass();
  expect(await opened).toBeNull();
});

it('uses EDITOR if no known editor is running', async () => {
  const { program, args } = await editor('emacs');
  // Without `ps` it cannot find running editors.
  vi.stubEnv('PATH', '');
  vi.stubEnv('EDITOR', program);
  const name = await file();
  const time = new Time();
  const opened = createOpenInEditor(time)(name, 12, 3);
  expect(await args()).toEqual(['+12:3', name]);
  time.pass();
  expect(await opened).toBeNull();
});

it('reports that there is no editor', async () => {
  vi.stubEnv('PATH', '');
  expect(await createOpenInEditor(new Time())(await file(), 1, 1)).toBe(
    'no editor found: set LAUNCH_EDITOR or EDITOR where modcast runs',
  );
});

it('reports an editor that is missing or fails at once', async () => {
  vi.stubEnv('LAUNCH_EDITOR', '/does/not/exist');
  expect(await createOpenInEditor(systemClock)(await file(), 1, 1)).toMatch(/the editor failed: .*ENOENT/);
  vi.stubEnv('LAUNCH_EDITOR', (await editor('some-editor', 3)).program);
  expect(await createOpenInEditor(new Time())(await file(), 1, 1)).toBe('the editor failed: (code 3).');
});
