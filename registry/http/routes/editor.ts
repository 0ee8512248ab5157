import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import { LIMITS, ModcastError, isDeepJson, isPath, type Path } from '../../../schema/index.js';
import type { Access } from '../../auth/allowed-origins.js';
import { wholeBody } from '../../publish/request-body.js';
import type { Clock } from '../../clock.js';
import { problem } from '../response/answer.js';
import { refusePost } from './page-post.js';
import type { OpenInEditor } from './open-in-editor.js';
import { findFile } from '../site/find-file.js';

export interface EditorOptions {
  /** Absolute. It may be a link that moves. */
  readonly directory: string;
  /** Known only to pages of the site, which get it over the socket. */
  readonly token: string;
  readonly access: Access;
  readonly clock: Clock;
  readonly open: OpenInEditor;
}

/** Answers `POST <prefix>editor`. */
export type EditorRoute = (request: Request, headers: Headers) => Promise<Response>;

const place = z.strictObject({
  path: z.custom<Path>(isPath),
  line: z.int().check(z.positive()),
  column: z.int().check(z.positive()),
});

/**
 * Opens a file of the site in the author's editor. Only for pages of the site, which prove it with the token.
 */
export function createEditorRoute({ directory, token, access, clock, open }: EditorOptions): EditorRoute {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return async (request, headers) => {
    const refused = refusePost(request, headers, access, 'open the editor');
    if (refused !== undefined) return refused;
    // `timingSafeEqual` needs equal lengths, which digests have.
    if (!timingSafeEqual(digest(request.headers.get('Modcast-Token') ?? ''), expected)) {
      return problem(403, 'The token is not that of this server.', headers);
    }
    const asked = await read(request, clock);
    if (asked instanceof ModcastError) {
      headers.set('Connection', 'close');
      return problem(asked.code === 'request-slow' ? 408 : 413, `${asked.message}.`, headers);
    }
    if (asked === undefined) return problem(400, 'Expected {"path", "line", "column"}.', headers);
    const found = await findFile(directory, asked.path);
    if (found === undefined || found === 'directory') {
      return problem(404, `No file ${asked.path}.`, headers);
    }
    const failed = await open(found.file, asked.line, asked.column);
    if (failed !== null) return problem(503, failed, headers);
    headers.set('Cache-Control', 'no-store');
    return new Response(null, { status: 204, headers });
  };
}

async function read(
  request: Request,
  clock: Clock,
): Promise<z.infer<typeof place> | ModcastError | undefined> {
  const limits = { bytes: LIMITS.editorRequestBytes, stallMs: LIMITS.requestStallMs, clock };
  try {
    const text = (await wholeBody(request, limits)).toString();
    if (isDeepJson(text)) return undefined;
    const parsed = place.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof ModcastError) return error;
    // Not JSON, or the connection broke.
    return undefined;
  }
}
