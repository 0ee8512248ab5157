import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = path.resolve(import.meta.dirname, '../../../..');

export interface Child {
  readonly pid: number;
  /** Its first message. */
  readonly greeting: unknown;
  /** Sends a message and waits for the next answer. */
  readonly ask: (message: string) => Promise<unknown>;
  /** Kills it with SIGKILL and waits for its end. */
  readonly kill: () => Promise<void>;
}

/**
 * Runs TypeScript in a new process and waits for its first message. Imports are relative to the project's
 * root.
 * @param directory for the compiled program
 */
export async function startChild(source: string, directory: string): Promise<Child> {
  const outfile = path.join(directory, `child-${crypto.randomUUID()}.mjs`);
  // The compiled program imports packages that find files of their own by their full path.
  const fullPath = (name: string) => pathToFileURL(createRequire(import.meta.url).resolve(name)).href;
  await build({
    stdin: { contents: source, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'silent',
    plugins: [
      {
        name: 'native',
        setup(plugin) {
          plugin.onResolve({ filter: /^(?:better-sqlite3|blake3-wasm)$/ }, ({ path: name }) => ({
            path: fullPath(name),
            external: true,
          }));
        },
      },
    ],
  });
  const child = fork(outfile, { cwd: directory });
  const exited = once(child, 'exit');
  const next = async () => {
    const ended = exited.then(([code]) => {
      throw new Error(`the child ended with ${String(code)} before it answered`);
    });
    const [message] = (await Promise.race([once(child, 'message'), ended])) as unknown[];
    return message;
  };
  return {
    pid: child.pid!,
    greeting: await next(),
    ask(message) {
      const answer = next();
      child.send(message);
      return answer;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
