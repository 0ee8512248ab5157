import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { onTestFinished } from 'vitest';

/** An error as the file system throws it. */
const systemError = (code: string, file: string, syscall: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: ${syscall} '${file}'`), { code, syscall, path: file });

type Call = (...args: never[]) => unknown;

/** Replaces functions of a module of Node, for named imports too, until the test ends. */
function replace(module: object, name: string, around: (real: Call) => Call): void {
  const functions = module as Record<string, Call>;
  const real = functions[name]!;
  const set = (call: Call) => {
    functions[name] = call;
    syncBuiltinESMExports();
  };
  set(around(real));
  onTestFinished(() => set(real));
}

/**
 * Makes the file system fail, until the test ends. Tests may run as root, who may read every file.
 *
 * @param failure the error code for a file, or undefined where the call succeeds
 */
export function failFiles(
  names: { readonly sync?: readonly string[]; readonly promises?: readonly string[] },
  failure: (file: string) => string | undefined,
): void {
  const fail = (name: string, file: unknown): NodeJS.ErrnoException | undefined => {
    const code = typeof file === 'string' ? failure(file) : undefined;
    return code === undefined ? undefined : systemError(code, String(file), name.replace('Sync', ''));
  };
  for (const name of names.sync ?? []) {
    replace(fs, name, (real) => (...args: never[]) => {
      const error = fail(name, args[0]);
      if (error !== undefined) throw error;
      return real(...args);
    });
  }
  for (const name of names.promises ?? []) {
    replace(fsPromises, name, (real) => async (...args: never[]) => {
      const error = fail(name, args[0]);
      if (error !== undefined) throw error;
      return real(...args);
    });
  }
}
