import { parse, parseSync } from 'oxc-parser';

export interface SyntaxProblem {
  /** What is wrong, in the parser's words. */
  readonly message: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
}

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

/** Whether a page's inline module script parses. Such scripts are few and short. */
export const isModule = (source: string): boolean =>
  parseSync('inline.mjs', source, { sourceType: 'module', showSemanticErrors: true }).errors.length === 0;

async function moduleProblem(source: string): Promise<SyntaxProblem | undefined> {
  // In a thread of the pool, so that the next file is read meanwhile.
  const { errors } = await parse('module.mjs', source, {
    sourceType: 'module',
    // Early errors count too: an engine refuses a module for them as for any other.
    showSemanticErrors: true,
  });
  const error = errors.find((found) => found.severity === 'Error');
  if (error === undefined) return undefined;
  return { message: error.message, ...position(source, error.labels[0]?.start ?? 0) };
}

function jsonProblem(source: string): SyntaxProblem | undefined {
  try {
    JSON.parse(source);
    return undefined;
  } catch (error) {
    const { message } = error as SyntaxError;
    const at = /position (\d+)/.exec(message)?.[1];
    return { message, ...position(source, at === undefined ? source.length : Number(at)) };
  }
}

function position(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
