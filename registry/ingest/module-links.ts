import {
  EMPTY_IMPORT_MAP,
  Resolver,
  importsOf,
  lexModule,
  naturalUrl,
  pathOfUrl,
} from '../../importmap/index.js';
import { UNPARSED, encodeLinks, type Links, type Path } from '../../schema/index.js';
import { mediaType, moduleKind } from '../content/media-type.js';
import { beginsWithAssert } from '../content/old-attributes.js';
import { BINARY, isBinary, isClassicScript, syntaxProblem, type SyntaxProblem } from './syntax.js';

export interface ModuleLinks {
  /** Null for a file that is not JavaScript; UNPARSED for one that not every browser parses. */
  readonly links: Links | null;
  readonly problem: SyntaxProblem | undefined;
  /** Whether it is a classic script that is no module: the problem counts only where a module is expected. */
  readonly isScript: boolean;
}

/**
 * Finds the links of a file, or why it does not parse. The path decides about the media type. A module that
 * only some browsers parse is UNPARSED without a problem.
 */
export async function moduleLinks(path: Path, bytes: Uint8Array): Promise<ModuleLinks> {
  const kind = moduleKind(mediaType(path));
  const isCode = kind === 'javascript' || (kind === 'json' && !WITH_COMMENTS.test(path));
  if (!isCode) return { links: null, problem: undefined, isScript: false };
  const found = await syntaxProblem(kind, new TextDecoder().decode(bytes));
  const problem = found !== undefined && isBinary(bytes) ? BINARY : found;
  if (kind === 'json') return { links: null, problem, isScript: false };
  if (problem === undefined) {
    const links = lexModule(bytes);
    return { links: hasOldAttributes(bytes, links) ? UNPARSED : links, problem, isScript: false };
  }
  const isScript = !path.endsWith('.mjs') && (await isClassicScript(new TextDecoder().decode(bytes)));
  return { links: UNPARSED, problem, isScript };
}

/** Configurations that may have comments: nothing imports them. */
const WITH_COMMENTS = /(?:^|\/)[tj]sconfig(?:\.[^/]+)?\.json$/;

/** Bytes after a specifier that are read. */
const AFTER = 200;

/**
 * Whether import attributes begin with `assert`. The parser takes them, and so do some browsers. The others
 * report the place, which is that in the author's file if the browser loads it from the site.
 */
const hasOldAttributes = (bytes: Uint8Array, { list }: Links): boolean =>
  list.some(
    ({ kind, end }) => kind === 'static' && beginsWithAssert(utf8.decode(bytes.subarray(end, end + AFTER))),
  );

const utf8 = new TextDecoder();

/**
 * The links of a blob that was stored as a JavaScript module, found in its bytes again: stored links are not
 * covered by the blob's hash.
 */
export const linksAgain = async (bytes: Uint8Array): Promise<Links> =>
  (await moduleLinks('module.mjs', bytes)).links!;

/**
 * The same for a blob that may already have been checked: the lexer alone decides about a module that was
 * found to parse, because parsing takes ten times as long.
 */
export const currentLinks = async (bytes: Uint8Array, stored: Links | null): Promise<Links | null> =>
  stored?.state === 'linked' ? lexModule(bytes) : stored === null ? null : linksAgain(bytes);

export const sameLinks = (a: Links, b: Links): boolean =>
  Buffer.compare(encodeLinks(a), encodeLinks(b)) === 0;

const PLAIN = new Resolver(EMPTY_IMPORT_MAP);

/**
 * Paths of the site that a module imports statically. Bare specifiers, which need an import map, are left
 * out.
 *
 * @param root URL of the site's root, as `placeholderRoot` returns it
 */
export const importedPaths = (path: Path, links: Links, root: string): Path[] =>
  importsOf({ url: naturalUrl(root, path) }, links, PLAIN).static.flatMap(
    (url) => pathOfUrl(root, url) ?? [],
  );
