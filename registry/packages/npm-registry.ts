import { spawn } from 'node:child_process';
import { ModcastError } from '../../schema/index.js';

/** Environment variables by name. */
type Env = { readonly [name: string]: string | undefined };

/**
 * The URL of the registry that npm uses in a directory. Asks npm, because that also reads its configuration
 * files and those of its workspaces.
 *
 * @throws ModcastError `command-failed` if npm cannot be run or names none
 */
export async function npmRegistry(cwd: string, env: Env): Promise<URL> {
  const named = env['npm_config_registry'] ?? (await ask(cwd, env));
  const url = registryBase(named);
  if (url !== null) return url;
  throw new ModcastError('command-failed', `npm names no registry; name one with --registry <url>`, {
    expected: 'a URL',
    found: named,
  });
}

/** The base of a registry's routes, with the slash at its end. Null for what is no URL. */
export function registryBase(text: string): URL | null {
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.search !== '' || url.hash !== '') return null;
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

function ask(cwd: string, env: Env): Promise<string> {
  const failed = (why: string) =>
    new ModcastError(
      'command-failed',
      `npm could not say which registry it uses (${why}); name one with --registry <url>`,
      { found: why },
    );
  return new Promise((resolve, reject) => {
    // On Windows npm is a script, which only a shell runs.
    const child = spawn('npm', ['config', 'get', 'registry'], {
      cwd,
      env: { ...env },
      shell: process.platform === 'win32',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.on('error', (error) => reject(failed(error.message)));
    child.on('close', (code) => (code === 0 ? resolve(out.trim()) : reject(failed(`exit code ${code}`))));
  });
}
