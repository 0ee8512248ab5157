import { excerpt } from '../../../schema/excerpt.js';
import type { HotError } from '../api.js';
import { writtenSource } from './written-source.js';

/** Why an update cannot be applied, for the author of the module. */
export class Failure extends Error {
  /** The path of the file that fails, when it is one file. */
  readonly path: string | undefined;
  /** The natural URL of the import that fails, when it is one import. */
  readonly target: string | undefined;

  constructor(message: string, path?: string, target?: string) {
    super(message);
    this.name = 'Failure';
    this.path = path;
    this.target = target;
  }
}

/** This engine cannot link a cycle of new instances in a running page. */
export class CycleFailure extends Failure {
  override readonly name = 'CycleFailure';
}

/** A module has not come from the server. */
export class AbsentFailure extends Failure {}

/** The manifest does not have an imported module any more. An old instance may still run. */
export class GoneFailure extends Failure {
  override readonly name = 'GoneFailure';
}

/** A place in a file: its URL, the line and the column. */
const PLACE = /(\bhttps?:\/\/[^\s()]+?):(\d+):(\d+)/g;

/**
 * Describes an error with the place in the site's files where it was thrown: the first frame of the stack
 * with a natural URL.
 *
 * @param withUrls replaces URLs of instances by natural URLs
 * @param sourceOf the file at a URL below the site's root. Undefined when the site has none
 */
export function describeError(
  error: unknown,
  withUrls: (text: string) => string,
  sourceOf: (url: string) => { readonly path: string; readonly text: string } | undefined,
): HotError {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const places: Pick<HotError, 'id' | 'frame' | 'loc'>[] = [];
  const made = error instanceof Error ? withUrls(error.stack ?? message) : message;
  const stack = made.replace(PLACE, (text, url: string, row: string, start: string) => {
    const source = sourceOf(url);
    if (source === undefined) return text;
    const written = writtenSource(source.text);
    const place = { line: Number(row), column: Number(start) };
    const { line, column } = written?.place(place.line, place.column) ?? place;
    const frame = excerpt(written?.text ?? source.text, line, column);
    places.push({ id: source.path, frame, loc: { file: source.path, line, column } });
    return `${url}:${line}:${column}`;
  });
  if (places.length > 0) return { message, stack, ...places[0] };
  return error instanceof Failure && error.path !== undefined
    ? { message: error.message, stack, id: error.path }
    : { message, stack };
}
