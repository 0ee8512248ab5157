import type { Path } from '../../../schema/index.js';
import type { Head } from '../../content/catalog.js';

/** A file of the site. The methods return null when the file is gone since it was found. */
export interface SiteFile {
  bytes(): Promise<Uint8Array | null>;
  /** The file's first bytes, `count` at most. */
  start(count: number): Promise<Uint8Array | null>;
  /**
   * The file, unchanged.
   * @param type the `Content-Type`. Default: by the file's name
   */
  respond(request: Request, headers: Headers, type?: string): Promise<Response | null>;
  /** The deploy that the file belongs to. Undefined when it comes from a directory. */
  readonly head?: Head;
}

/** Where the files of the site come from: its directory, or a channel's head. */
export interface SiteSource {
  /** The file at a plain path. Undefined for a directory. */
  find(name: Path): Promise<SiteFile | undefined>;
}
