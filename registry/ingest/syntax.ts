import { excerpt } from '../../schema/index.js';
import { transform, transformSync, type TransformOptions } from 'oxc-transform';

export interface SyntaxProblem {
  /** What is wrong, in the parser's words. */
  readonly message: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
}

/** Of a file that holds no text, whatever its name says. */
export const BINARY: SyntaxProblem = { message: 'this is a binary file, and no source', line: 1, column: 1 };

/** Only asked of what does not parse: in a text a NUL is unusual, and in a literal even right. */
export const isBinary = (bytes: Uint8Array): boolean => bytes.includes(0);

/** A problem with some lines around its place, where there are lines. */
export const withFrame = (problem: SyntaxProblem, bytes: Buffer): SyntaxProblem & { frame?: string } =>
  isBinary(bytes) ? problem : { ...problem, frame: excerpt(bytes.toString(), problem.line, problem.column) };

/**
 * Why a source does not parse, or undefined when it does. The lexer that finds links gets through most broken
 * modules; a browser does not, and it names the place by the module's URL only for modules that it fetched.
 */
export async function syntaxProblem(
  kind: 'javascript' | 'json',
  source: string,
): Promise<SyntaxProblem | undefined> {
  return kind === 'json' ? jsonProblem(source) : moduleProblem(source);
}

/**
 * The transformer, of which only the errors matter: unlike the parser it does not hand over a syntax tree,
 * which would be ten times the source. Early errors are among them, as an engine refuses a module for those
 * too.
 */
const OPTIONS: TransformOptions = { lang: 'js', sourceType: 'module', target: 'esnext', sourcemap: false };

/** Whether a page's inline module script parses. Such scripts are few and short. */
export const isModule = (source: string): boolean =>
  transformSync('inline.mjs', source, OPTIONS).errors.length === 0;

async function moduleProblem(source: string): Promise<SyntaxProblem | undefined> {
  // In a thread of the pool, so that the next file is read meanwhile.
  const { errors } = await transform('module.mjs', source, OPTIONS);
  const error = errors.find((found) => found.severity === 'Error');
  if (error === undefined) return undefined;
  return { message: error.message, ...placeIn(Buffer.from(source), error.labels[0]?.start ?? 0) };
}

function jsonProblem(source: string): SyntaxProblem | undefined {
  const found = jsonError(source);
  return found === undefined ? undefined : { message: found.message, ...position(source, found.offset) };
}

/** Why a text is no JSON, and where, in UTF-16 code units. */
export function jsonError(source: string): { message: string; offset: number } | undefined {
  try {
    JSON.parse(source);
    return undefined;
  } catch (error) {
    const { message } = error as SyntaxError;
    const at = /position (\d+)/.exec(message)?.[1];
    return { message, offset: at === undefined ? source.length : Number(at) };
  }
}

/** The line and column, from 1, of a byte offset in a source. */
export const placeIn = (bytes: Uint8Array, offset: number): { line: number; column: number } =>
  position(new TextDecoder().decode(bytes.subarray(0, offset)), Infinity);

/** The line and column, from 1, of an offset in UTF-16 code units. */
export function position(source: string, offset: number): { line: number; column: number } {
  // The line terminators of ECMA-262 section 12.3, by which a browser counts.
  const before = source.slice(0, offset).split(/\r\n|[\n\r\u2028\u2029]/);
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
