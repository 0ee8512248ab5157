import { ModcastError } from '../../schema/index.js';
import { runNpm, type Env } from './run-npm.js';

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

async function ask(cwd: string, env: Env): Promise<string> {
  const { code, out, err } = await runNpm(['config', 'get', 'registry'], { cwd, env });
  if (code === 0) return out.trim();
  const why = err.trim().split('\n', 1)[0] || 'no reason';
  throw new ModcastError(
    'command-failed',
    `npm could not say which registry it uses (${why}); name one with --registry <url>`,
    { found: why },
  );
}
