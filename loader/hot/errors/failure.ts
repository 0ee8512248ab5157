import { excerpt } from '../../../schema/excerpt.js';
import type { HotError } from '../api.js';

/** Why an update cannot be applied, for whoever wrote the module. */
export class Failure extends Error {
  /** The file's path, when one file is to blame. */
  readonly path: string | undefined;
  /** What that file imports, by its natural URL, when that is what fails. */
  readonly target: string | undefined;

  constructor(message: string, path?: string, target?: string) {
    super(message);
    this.name = 'Failure';
    this.path = path;
    this.target = target;
  }
}

/** In this engine a cycle among fresh modules cannot be written. */
export class CycleFailure extends Failure {
  override readonly name = 'CycleFailure';
}

/** What a module imports is in no manifest any more, though the page may still hold it. */
export class GoneFailure extends Failure {
  override readonly name = 'GoneFailure';
}

/**
 * What an error says of the module in which it was thrown: its natural URL stands in the stack, as every linked module
 * names its source.
 *
 * @param sourceOf the file at a URL below the site's root
 */
export function describeError(
  error: unknown,
  sourceOf: (url: string) => { readonly path: string; readonly text: string } | undefined,
): HotError {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = error instanceof Error ? (error.stack ?? message) : message;
  for (const [, url, line, column] of stack.matchAll(/(\bhttps?:\/\/[^\s()]+?):(\d+):(\d+)/g)) {
    const source = sourceOf(url!);
    if (source === undefined) continue;
    const place = { file: source.path, line: Number(line), column: Number(column) };
    const frame = excerpt(source.text, place.line, place.column);
    return { message, stack, id: source.path, frame, loc: place };
  }
  return error instanceof Failure && error.path !== undefined
    ? { message: error.message, stack, id: error.path }
    : { message, stack };
}
