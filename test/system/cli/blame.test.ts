import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GitRepository } from '../../unit/registry/git/git-repository.js';
import { modcast } from '../../unit/cli/program.js';

const lines = (count: number, change: Record<number, string> = {}): string =>
  Array.from({ length: count }, (_, i) => `${change[i + 1] ?? `const value${i + 1} = ${i * 7};`}\n`).join('');

describe('`blame` of a file that was moved and edited', () => {
  const repository = new GitRepository();
  let commits: string[];

  beforeAll(async () => {
    const { write, remove, commit } = {
      write: repository.write.bind(repository),
      remove: repository.remove.bind(repository),
      commit: repository.commit.bind(repository),
    };
    write('a.mjs', lines(40));
    write('other.mjs', 'other\n'.repeat(30));
    commit('first');
    write('a.mjs', lines(40, { 3: 'three' }));
    commit('edit');
    // Moved with an edit, beside a deleted and an added file.
    remove('a.mjs');
    remove('other.mjs');
    write('lib/b.mjs', lines(40, { 3: 'three', 9: 'nine', 10: 'ten' }));
    write('new.mjs', 'new\n'.repeat(30));
    commit('move and edit');
    // A long line that changes at its end: git compares 64 bytes at a time.
    write('long.mjs', `${'x'.repeat(1000)}\nend\n`);
    commit('long');
    remove('long.mjs');
    write('lib/long.mjs', `${'x'.repeat(990)}yyyyyyyyyy\nend\nmore\n`);
    write('lib/b.mjs', lines(42, { 3: 'three', 9: 'nine', 10: 'ten', 20: 'twenty' }));
    commit('both');
    // Moved again, with more than half changed: another file.
    remove('lib/b.mjs');
    write(
      'c.mjs',
      lines(42, Object.fromEntries(Array.from({ length: 30 }, (_, n) => [n + 1, `changed ${n}`]))),
    );
    // Moved in latin1.
    write('latin.mjs', Buffer.from('gr\xfc\xdfe\n'.repeat(10), 'latin1'));
    commit('too different');
    repository.git('mv', 'latin.mjs', 'lib/latin.mjs');
    write('lib/latin.mjs', Buffer.from(`${'gr\xfc\xdfe\n'.repeat(9)}\xe4\n`, 'latin1'));
    commit('latin');
    commits = repository.git('log', '--reverse', '--format=%H').split('\n');
    await modcast(repository.directory, ['import', '--git', '.', '--db', '.git/r.db']);
  });
  afterAll(() => repository.close());

  const run = (...args: string[]) => modcast(repository.directory, [...args, '--db', '.git/r.db', '--json']);

  it.each(['lib/b.mjs', 'lib/long.mjs', 'c.mjs', 'lib/latin.mjs', 'new.mjs'])(
    '%s follows, as `git blame` does',
    async (file) => {
      const last = repository.git('log', '-1', '--diff-filter=AMR', '--format=%H', '--', file);
      const deploy = commits.indexOf(last) + 1;
      const { lines: ours } = JSON.parse((await run('blame', file, String(deploy))).out) as {
        lines: { deploy: number; path: string }[];
      };
      const theirs = repository.git('blame', '--porcelain', last, '--', file);
      let path = '';
      const paths = new Map<string, string>();
      const expected: { deploy: number; path: string }[] = [];
      let commit = '';
      for (const line of theirs.split('\n')) {
        const head = /^([0-9a-f]{40}) \d+ \d+/.exec(line)?.[1];
        if (head !== undefined) {
          commit = head;
          path = paths.get(commit) ?? '';
        } else if (line.startsWith('filename ')) {
          path = line.slice('filename '.length);
          paths.set(commit, path);
        } else if (line.startsWith('\t')) expected.push({ deploy: commits.indexOf(commit) + 1, path });
      }
      expect(ours.map(({ deploy: number, path: at }) => ({ deploy: number, path: at }))).toEqual(expected);
      expect(ours.length).toBeGreaterThan(0);
    },
  );

  it.each(['lib/b.mjs', 'lib/long.mjs', 'lib/latin.mjs'])(
    '`log` of %s is that of `git log --follow`',
    async (file) => {
      const theirs = repository
        .git('log', '--follow', '--name-status', '--format=@%H', '-M50%', '--', file)
        .split('\n')
        .filter(Boolean);
      const expected = theirs.flatMap((line, index) => {
        if (line.startsWith('@')) return [];
        return [`${commits.indexOf(theirs[index - 1]!.slice(1)) + 1} ${line.replaceAll('\t', ' ')}`];
      });
      const ours = (await run('log', file)).out.trimEnd().split('\n');
      expect(
        ours.map((line) => {
          const { number, change } = JSON.parse(line);
          const letter = { added: 'A', modified: 'M', deleted: 'D', renamed: 'R' }[change.status as 'added'];
          if (change.oldPath === null) return `${number} ${letter} ${change.path}`;
          return `${number} R${String(change.similarity).padStart(3, '0')} ${change.oldPath} ${change.path}`;
        }),
      ).toEqual(expected);
    },
  );
});
