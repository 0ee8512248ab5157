import { stripVTControlCharacters } from 'node:util';
import { rolldown } from 'rolldown';
import type { Hash } from '../../schema/index.js';
import { applyEdits, MEMBER, type RunRecipe } from './run-source.js';

/** A run as one ES module. */
export interface JoinedRun {
  readonly code: string;
  /** A source map (JSON) whose sources are paths of the members; null where none was asked for. */
  readonly map: string | null;
}

/** A member that the bundler refuses: the run cannot be joined with it. */
export class MemberRefused extends Error {
  constructor(
    readonly member: string,
    message: string,
  ) {
    super(message);
  }
}

const ENTRY = 'modcast-run';

/** Part of what a run is named by: another version of rolldown may join in another way. */
export const JOIN_VERSION = '3 rolldown 1.2.19';

/** The member that an error of the bundler is about. */
function memberOf(error: unknown, members: ReadonlyMap<string, string>): string | undefined {
  const text = String(error);
  const named = [...members.keys()].filter((id) => text.includes(id));
  // A path may be the start of another one.
  return named.toSorted((a, b) => b.length - a.length)[0];
}

/** What the bundler says, in one sentence, without the source that it quotes. */
export function plainReason(error: unknown): string {
  const lines = stripVTControlCharacters(String(error)).split('\n');
  const [, code, message] = lines.map((line) => /^\[(\w+)\] (.+)$/.exec(line.trim())).find(Boolean) ?? [];
  if (code === 'ASSIGN_TO_IMPORT') return 'assigns to an import, which throws';
  return `cannot be joined: ${message ?? lines[0]!}`;
}

/**
 * Joins a run's members into one scope.
 *
 * @param sourceOf the text of a member, as its author wrote it
 * @throws MemberRefused if a member cannot share a scope: it assigns to an import, for example
 */
export async function joinRun(
  recipe: RunRecipe,
  sourceOf: (hash: Hash) => string,
  sourcemap: boolean,
): Promise<JoinedRun> {
  const members = new Map(
    // `exports` and `module` are ordinary names in what is certainly an ES module.
    recipe.members.map(({ path, hash, edits }) => [
      MEMBER + path,
      `${applyEdits(sourceOf(hash), edits)}\nexport {};`,
    ]),
  );
  const bundle = await rolldown({
    input: ENTRY,
    cwd: '/',
    // Others replace `process.env.NODE_ENV`.
    platform: 'neutral',
    // Nothing that a module does may be left out.
    treeshake: false,
    logLevel: 'silent',
    optimization: { inlineConst: false },
    plugins: [
      {
        name: 'modcast-run',
        resolveId: (id) => ({ id, external: id !== ENTRY && !members.has(id) }),
        load: (id) => ({ code: id === ENTRY ? recipe.entry : members.get(id)!, moduleType: 'js' }),
      },
    ],
  });
  try {
    const { output } = await bundle.generate({
      format: 'esm',
      sourcemap,
      // Renamed functions and classes keep their names.
      keepNames: true,
      minify: false,
      // They are in the source map. Those of licenses have to stay.
      comments: { legal: true, annotation: false, jsdoc: false },
      codeSplitting: false,
      minifyInternalExports: false,
    });
    const [chunk] = output;
    const isOwn = [...members.values()].some((source) => source.includes('__name'));
    return {
      code: isOwn ? chunk.code : nameFunctionsFirst(chunk.code),
      map: chunk.map === null ? null : withPaths(chunk.map),
    };
  } catch (error) {
    const member = memberOf(error, members);
    if (member === undefined) throw error;
    throw new MemberRefused(member.slice(MEMBER.length), plainReason(error));
  } finally {
    await bundle.close();
  }
}

/** The helper by which rolldown keeps names, and its calls for function declarations. */
const NAMER = /^var __name = [^]*?^\}\);$/m;
const NAMING = /^__name\([\w$]+, "(?:[^"\\]|\\.)*"\);$/gm;

/**
 * Functions can be called before their declarations, so they get their names at once. Lines stay as
 * they are.
 */
function nameFunctionsFirst(code: string): string {
  const calls = code.match(NAMING);
  if (calls === null) return code;
  return code.replace(NAMING, '').replace(NAMER, (namer) => namer + calls.join(''));
}

const withPaths = (map: { sources: (string | null)[]; toString(): string }): string => {
  const { sources, ...rest } = JSON.parse(map.toString()) as { sources: (string | null)[] };
  const paths = sources.map((id) =>
    id?.includes(MEMBER) ? id.slice(id.indexOf(MEMBER) + MEMBER.length) : id,
  );
  return JSON.stringify({ ...rest, sources: paths });
};
