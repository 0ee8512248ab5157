import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ENVIRONMENT = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_COMMITTER_NAME: 'Carol',
  GIT_COMMITTER_EMAIL: 'carol@example.org',
};

/** A git repository in a temporary directory. */
export class GitRepository {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'modcast-git-'));
  #time = Date.UTC(2026, 0, 1) / 1000;

  constructor() {
    this.git('init', '-q', '-b', 'main');
    this.git('config', 'core.autocrlf', 'false');
  }

  bytes(...args: string[]): Buffer {
    return execFileSync('git', ['-C', this.directory, ...args], {
      env: ENVIRONMENT,
      maxBuffer: 1 << 30,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  git(...args: string[]): string {
    return this.bytes(...args)
      .toString('utf8')
      .trimEnd();
  }

  write(file: string, content: string | Uint8Array): void {
    const full = path.join(this.directory, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, content);
  }

  remove(file: string): void {
    rmSync(path.join(this.directory, file), { force: true, recursive: true });
  }

  /** Commits all files, one hour after the last commit. @returns the commit's hash */
  commit(message: string, author = 'Ada <ada@example.org>'): string {
    this.#time += 3600;
    this.git('add', '-A');
    const date = `${this.#time} +0100`;
    const { status, stderr } = spawnSync(
      'git',
      ['-C', this.directory, 'commit', '-q', '--allow-empty', '--author', author, '--date', date, '-F', '-'],
      { input: message, env: { ...ENVIRONMENT, GIT_COMMITTER_DATE: date } },
    );
    if (status !== 0) throw new Error(String(stderr));
    return this.git('rev-parse', 'HEAD');
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
