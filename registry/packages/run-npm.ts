import { spawn } from 'node:child_process';

/** Environment variables by name. */
export type Env = { readonly [name: string]: string | undefined };

export interface NpmRun {
  /** Null: npm was stopped, or could not be started. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs npm, without questions and without colours. Never fails.
 * @param patience milliseconds until it is stopped. Default: it is not
 */
export function runNpm(
  args: readonly string[],
  { cwd, env, patience }: { readonly cwd: string; readonly env: Env; readonly patience?: number },
): Promise<NpmRun> {
  return new Promise((resolve) => {
    // On Windows npm is a script, which only a shell runs.
    const child = spawn('npm', [...args], {
      cwd,
      env: { ...env, NO_COLOR: '1', npm_config_yes: 'false', npm_config_update_notifier: 'false' },
      shell: process.platform === 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(patience === undefined ? {} : { timeout: patience }),
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', (error) => resolve({ code: null, out, err: error.message }));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
