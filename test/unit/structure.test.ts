import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const ROOMS = ['schema', 'importmap', 'loader', 'registry', 'cli'];

/** Rooms and packages that the files of a room may import. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  schema: [],
  importmap: ['schema'],
  loader: ['schema', 'importmap'],
  registry: ['schema', 'importmap'],
  cli: ['schema', 'importmap', 'registry'],
};

/** The TypeScript files of a room, by their paths from the project's root. */
const filesOf = (room: string): string[] =>
  readdirSync(path.join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${room}/${file.replaceAll(path.sep, '/')}`)
    .toSorted();

/** Names that several folders of a room may use: `api.ts` declares what a folder offers to pages. */
const SHARED_NAMES = ['index.ts', 'main.ts', 'api.ts'];

const linesOf = (file: string) => readFileSync(path.join(ROOT, file), 'utf8').split('\n');

describe.each(ROOMS)('%s', (room) => {
  const files = filesOf(room);

  it('has files of one concern each, and of different names', () => {
    expect(files.filter((file) => file.includes('-and-'))).toEqual([]);
    const names = files.map((file) => path.basename(file)).filter((name) => !SHARED_NAMES.includes(name));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('has comments within the print width', () => {
    const isComment = /^\s*(?:\/\/|\/\*|\*)/;
    const wide = files.flatMap((file) =>
      linesOf(file).flatMap((line, index) =>
        isComment.test(line) && line.length > 110 ? [`${file}:${index + 1}`] : [],
      ),
    );
    expect(wide).toEqual([]);
  });

  it('imports only the rooms below it', () => {
    const wrong = files.flatMap((file) =>
      linesOf(file).flatMap((line) => {
        const specifier = /(?:from|import|import\() ?'(\.[^']+)'/.exec(line)?.[1];
        if (specifier === undefined) return [];
        const [imported = ''] = path.posix.join(path.posix.dirname(file), specifier).split('/');
        return imported === room || MAY_IMPORT[room]!.includes(imported) ? [] : [`${file}: ${specifier}`];
      }),
    );
    expect(wrong).toEqual([]);
  });
});
