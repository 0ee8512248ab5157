import { LIMITS } from '../../schema/index.js';
import { GitProcess, gitFailed } from './process.js';

/** The hash of a git object, 40 hex digits (64 in a SHA-256 repository). */
export type ObjectName = string;

export interface GitCommit {
  readonly name: ObjectName;
  readonly tree: ObjectName;
  /** Author's time, milliseconds since 1970. */
  readonly time: number;
  readonly author: string;
  readonly message: string;
}

/** A changed path of a commit. `mode` is the mode after the commit, 0 when the path is deleted. */
export interface GitChange {
  /** Undefined when the name is not UTF-8; `shown` is then the nearest text. */
  readonly path: string | undefined;
  readonly shown: string;
  readonly mode: number;
  readonly object: ObjectName;
}

async function output(repository: string, args: readonly string[]): Promise<string[]> {
  const child = new GitProcess(repository, args);
  child.end();
  const fields: string[] = [];
  for (;;) {
    const field = await child.source.until(0);
    if (field === undefined) break;
    fields.push(field.toString('utf8'));
  }
  await child.finish();
  return fields;
}

/** The hash of an empty tree, to compare a first commit with. */
const emptyTree = (object: ObjectName): ObjectName =>
  object.length === 64
    ? '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321'
    : '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/**
 * The commits of a branch along first parents, oldest first.
 *
 * @param since milliseconds since 1970, by the committer's clock; null: all
 * @param max only so many, the newest ones; null: all
 * @throws ModcastError `git-failed`
 */
export async function gitCommits(
  repository: string,
  branch: string,
  since: number | null,
  max: number | null = null,
): Promise<GitCommit[]> {
  const fields = await output(repository, [
    '-c',
    'i18n.logOutputEncoding=UTF-8',
    '-c',
    'log.showSignature=false',
    'log',
    '-z',
    '--first-parent',
    '--reverse',
    '--no-notes',
    '--no-color',
    '--no-patch',
    '--format=%H%x00%T%x00%at%x00%an%x00%ae%x00%B',
    ...(since === null ? [] : [`--since=${new Date(since).toISOString()}`]),
    ...(max === null ? [] : [`--max-count=${max}`]),
    '--end-of-options',
    branch,
    '--',
  ]);
  const commits: GitCommit[] = [];
  for (let i = 0; i + 5 < fields.length; i += 6) {
    const [name, tree, seconds, author, email, message] = fields.slice(i, i + 6) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    commits.push({
      name,
      tree,
      time: Number(seconds) * 1000,
      author: author || email || 'unknown',
      message: message.trimEnd(),
    });
  }
  return commits;
}

/**
 * Whether any commit of the branch, along first parents, has files in a folder.
 * @throws ModcastError `git-failed`
 */
export async function gitHasFolder(repository: string, branch: string, folder: string): Promise<boolean> {
  const found = await output(repository, [
    'log',
    '-z',
    '--first-parent',
    '--max-count=1',
    '--no-show-signature',
    '--no-patch',
    '--format=%H',
    '--end-of-options',
    branch,
    '--',
    folder,
  ]);
  return found.length > 0;
}

/**
 * All folders of a commit.
 * @throws ModcastError `git-failed`
 */
export const gitFolders = (repository: string, branch: string): Promise<string[]> =>
  output(repository, ['ls-tree', '-r', '-d', '-z', '--full-tree', '--name-only', '--end-of-options', branch]);

function readChange(record: Buffer, name: Buffer): GitChange {
  // ":100644 100755 <before> <after> M"
  const [, mode = '', , object = ''] = record.toString('latin1').split(' ');
  const shown = name.toString('utf8');
  return {
    path: Buffer.from(shown).equals(name) ? shown : undefined,
    shown,
    mode: parseInt(mode, 8),
    object,
  };
}

/**
 * The changes of each commit against the one before it in the list; of the first against an empty tree.
 *
 * @param folder ends with "/"; only paths in it, relative to it. Empty: the whole repository
 * @throws ModcastError `git-failed`
 */
export async function* gitChanges(
  repository: string,
  commits: readonly GitCommit[],
  folder: string,
): AsyncGenerator<GitChange[]> {
  if (commits.length === 0) return;
  const child = new GitProcess(repository, [
    'diff-tree',
    '--stdin',
    '-r',
    '-z',
    '--raw',
    '--no-renames',
    '--no-abbrev',
    '--ignore-submodules=none',
    folder === '' ? '--no-relative' : `--relative=${folder}`,
  ]);
  const asking = (async () => {
    let before = emptyTree(commits[0]!.tree);
    for (const { tree } of commits) {
      await child.write(`${before} ${tree}\n`);
      before = tree;
    }
    child.end();
  })();
  try {
    // The output has a line for each pair, followed by its changes.
    for (const _commit of commits) {
      if ((await child.source.until(0x0a)) === undefined) break;
      const changes: GitChange[] = [];
      while ((await child.source.peek()) === 0x3a) {
        const record = await child.source.until(0);
        const name = await child.source.until(0);
        if (record === undefined || name === undefined) break;
        changes.push(readChange(record, name));
      }
      yield changes;
    }
    await asking;
    await child.finish();
  } finally {
    child.stop();
  }
}

/** Reads objects one at a time, from one process. */
export class GitObjects {
  readonly #repository: string;
  readonly #child: GitProcess;
  #finder: GitProcess | undefined;

  constructor(repository: string) {
    this.#repository = repository;
    this.#child = new GitProcess(repository, ['cat-file', '--batch']);
  }

  /**
   * The names of the files at paths of a commit; null where it has none.
   * @throws ModcastError `git-failed`
   */
  async find(commit: GitCommit, paths: readonly string[]): Promise<(ObjectName | null)[]> {
    const finder = (this.#finder ??= new GitProcess(this.#repository, ['cat-file', '--batch-check']));
    const found: (ObjectName | null)[] = [];
    for (const path of paths) {
      if (/[\0\n]/.test(path)) {
        found.push(null);
        continue;
      }
      await finder.write(`${commit.name}:${path}\n`);
      const line = (await finder.source.until(0x0a))?.toString('latin1');
      if (line === undefined) await finder.finish();
      found.push(/^([0-9a-f]+) blob \d+$/.exec(line ?? '')?.[1] ?? null);
    }
    return found;
  }

  /**
   * The blobs' bytes, in the order asked. Those of a blob that is too large for the store are not kept.
   *
   * @throws ModcastError `git-failed`
   */
  async *blobs(objects: readonly ObjectName[]): AsyncGenerator<Buffer | 'large'> {
    const asking = (async () => {
      for (const object of objects) await this.#child.write(`${object}\n`);
    })();
    for (const object of objects) {
      const head = (await this.#child.source.until(0x0a))?.toString('latin1');
      const size = /^[0-9a-f]+ blob (\d+)$/.exec(head ?? '')?.[1];
      if (size === undefined) {
        if (head === undefined) await this.#child.finish();
        throw gitFailed(`git has no blob ${object}: is the repository a shallow or partial clone?`, head);
      }
      const { source } = this.#child;
      const isLarge = Number(size) > LIMITS.blobBytes;
      const bytes = isLarge
        ? (await source.skip(Number(size))) && 'large'
        : ((await source.exactly(Number(size))) ?? false);
      if (bytes === false) throw gitFailed(`git ended in the middle of blob ${object}`);
      await source.until(0x0a);
      yield bytes;
    }
    await asking;
  }

  close(): void {
    this.#finder?.stop();
    this.#child.stop();
  }
}
