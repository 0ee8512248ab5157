import { excerpt } from '../../schema/index.js';
import { transform, transformSync, type TransformOptions } from 'oxc-transform';

export interface SyntaxProblem {
  /** The parser's message. */
  readonly message: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
}

/** The problem of a module that is a binary file. */
export const BINARY: SyntaxProblem = {
  message: 'this is a binary file, not source code',
  line: 1,
  column: 1,
};

/** For files that do not parse only: a NUL is valid in a string literal. */
export const isBinary = (bytes: Uint8Array): boolean => bytes.includes(0);

/** Adds some lines around a problem's place, except for a binary file. */
export const withFrame = (problem: SyntaxProblem, bytes: Buffer): SyntaxProblem & { frame?: string } =>
  isBinary(bytes) ? problem : { ...problem, frame: excerpt(bytes.toString(), problem.line, problem.column) };

/**
 * Why a source does not parse; undefined when it does. The lexer that finds links accepts most broken
 * modules. Browsers do not, and they tell the place of an error only for modules that they fetched.
 */
export async function syntaxProblem(
  kind: 'javascript' | 'json',
  source: string,
): Promise<SyntaxProblem | undefined> {
  return kind === 'json' ? jsonProblem(source) : moduleProblem(source);
}

/**
 * Options of the transformer, which is used for its errors only. Unlike the parser, it returns no syntax
 * tree, which would be ten times as large as the source. It also reports early errors, which engines refuse.
 */
const OPTIONS: TransformOptions = { lang: 'js', sourceType: 'module', target: 'esnext', sourcemap: false };

/** Whether a page's inline module script parses. */
export const isModule = (source: string): boolean =>
  transformSync('inline.mjs', source, OPTIONS).errors.length === 0;

/** Whether a source that is no module parses as a classic script. A script cannot import or export. */
export async function isClassicScript(source: string): Promise<boolean> {
  const { errors } = await transform('script.js', source, { ...OPTIONS, sourceType: 'script' });
  return !errors.some((found) => found.severity === 'Error');
}

async function moduleProblem(source: string): Promise<SyntaxProblem | undefined> {
  // This runs in another thread, so that the next file is read meanwhile.
  const { errors } = await transform('module.mjs', source, OPTIONS);
  const error = errors.find((found) => found.severity === 'Error');
  if (error === undefined) return undefined;
  return { message: error.message, ...placeIn(Buffer.from(source), error.labels[0]?.start ?? 0) };
}

function jsonProblem(source: string): SyntaxProblem | undefined {
  const found = jsonError(source);
  return found === undefined ? undefined : { message: found.message, ...position(source, found.offset) };
}

/** Why a text is not JSON. The offset is in UTF-16 code units. */
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
  // The line terminators of ECMA-262 section 12.3: browsers count lines by them.
  const before = source.slice(0, offset).split(/\r\n|[\n\r\u2028\u2029]/);
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
