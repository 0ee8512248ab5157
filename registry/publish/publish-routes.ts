import { LIMITS, ModcastError, parseChannel, type Channel, type ErrorCode } from '../../schema/index.js';
import { isAllowedPage, type Access } from '../auth/allowed-origins.js';
import { authorize, challenge } from '../auth/authorize.js';
import type { HistoryAccess } from '../auth/history-access.js';
import type { Clock } from '../clock.js';
import type { Store, Token } from '../store/store.js';
import { readPack } from './pack-stream.js';
import type { Committed, Publisher, SentBlob } from './publish-plan.js';
import type { PublishService } from './publish-service.js';
import { bodyPieces, drain, wholeBody, type BodyLimits } from './request-body.js';
import { TokenLimits } from './token-limits.js';
import { JSON_TYPE, PACK_TYPE, decodeProposal, encodeFailure, proposalText } from './wire.js';

export interface PublishRoutesOptions {
  readonly store: Store;
  readonly publishing: PublishService;
  /** Says which blobs a token may publish without sending them. */
  readonly history: Pick<HistoryAccess, 'publicBlobs'>;
  readonly access: Access;
  /** The channel that follows a directory, and takes no other deploys. Null: none. */
  readonly followed: Channel | null;
  readonly clock: Clock;
  readonly now: () => number;
  /** Called for each deploy before the publisher gets the answer. */
  readonly onCommit: (committed: Committed) => void | Promise<void>;
  /** Called for errors of the registry itself. */
  readonly onError: (error: unknown) => void;
  readonly stallMs?: number;
}

/** Answers requests below `<prefix>publish/`. `rest` is the path after that. */
export type PublishRoutes = (request: Request, rest: string, headers: Headers) => Promise<Response>;

const STATUS: { readonly [Code in ErrorCode]?: number } = {
  'token-required': 401,
  'token-invalid': 401,
  'token-revoked': 401,
  'token-expired': 401,
  'token-narrow': 403,
  'lease-unknown': 404,
  'request-slow': 408,
  'channel-followed': 409,
  'head-moved': 409,
  'blob-missing': 409,
  'message-too-large': 413,
  'blob-too-large': 413,
  'store-busy': 503,
  'store-closed': 503,
  'publish-busy': 503,
  'store-full': 507,
  'store-unavailable': 500,
  'store-damaged': 500,
};

/** Bytes that are read from the body of a refused request. */
const DRAINED_BYTES = 32 * 1024 * 1024;

/**
 * Publishing over HTTP: `POST <channel>/plan`, `POST or PUT <lease>/blobs`, `POST <lease>/commit`, each with
 * a token. Answers and errors are JSON.
 */
export function createPublishRoutes(options: PublishRoutesOptions): PublishRoutes {
  const { store, history, publishing, access, clock, now, stallMs = LIMITS.requestStallMs } = options;
  const ofTokens = new TokenLimits(clock, now);
  const limits = (bytes: number): BodyLimits => ({ bytes, stallMs, clock });

  const plan = async (request: Request, channel: string): Promise<unknown> => {
    parseChannel(channel);
    const token = await authorize(store, request, `publish:${channel}`, now());
    if (channel === options.followed) refuseFollowed(channel);
    requireType(request, JSON_TYPE);
    return ofTokens.run(token.id, async () => {
      const body = await wholeBody(request, limits(LIMITS.publishManifestBytes));
      const text = proposalText(body);
      ofTokens.takeManifest(token.id, body.length);
      return publishing.plan(decodeProposal(channel, text), publisherOf(token));
    });
  };
  const publisherOf = ({ id, scope }: Token): Publisher => ({
    token: id,
    readable: async (hashes) => (scope.includes('read') ? new Set(hashes) : history.publicBlobs(hashes)),
  });
  const blobs = (request: Request, token: Token, lease: string): Promise<unknown> => {
    requireType(request, PACK_TYPE);
    return ofTokens.run(token.id, async () => {
      let stored = 0;
      const take = async (sent: readonly SentBlob[]) => {
        await publishing.put(lease, sent);
        stored += sent.length;
      };
      await readPack(bodyPieces(request, limits(LIMITS.publishPackBytes)), take, (bytes, work) =>
        ofTokens.inflate(token.id, bytes, work),
      );
      return { taken: stored };
    });
  };
  const commit = async (lease: string): Promise<unknown> => {
    const committed = await publishing.commit(lease);
    await options.onCommit(committed);
    return { deploy: committed.deploy, created: committed.created };
  };

  const work = async (request: Request, rest: string): Promise<unknown> => {
    refuseOtherSites(request, access);
    const [name = '', step, ...more] = rest.split('/');
    if (more.length === 0 && step === 'plan') return plan(request, name);
    if (more.length === 0 && (step === 'blobs' || step === 'commit')) {
      const token = await authorizeLease(options, request, name);
      return step === 'blobs' ? blobs(request, token, name) : commit(name);
    }
    throw new ModcastError(
      'request-invalid',
      'no such route: <channel>/plan, <lease>/blobs or <lease>/commit',
    );
  };

  return async (request, rest, headers) => {
    headers.set('Cache-Control', 'no-store');
    headers.set('Content-Type', JSON_TYPE);
    if (request.method !== 'POST' && !(request.method === 'PUT' && rest.endsWith('/blobs'))) {
      headers.set('Allow', 'POST');
      const error = new ModcastError('request-invalid', 'publish with POST', {
        found: request.method,
      });
      return new Response(encodeFailure(error), { status: 405, headers });
    }
    try {
      return new Response(JSON.stringify(await work(request, rest)), { headers });
    } catch (error) {
      if (!(error instanceof ModcastError)) {
        // The publisher has disconnected: there is nobody to answer, and no error of the registry.
        if (isDisconnect(error)) return new Response(null, { status: 400, headers });
        throw error;
      }
      const status = STATUS[error.code] ?? 400;
      if (status >= 500) options.onError(error);
      if (error.code !== 'request-slow') await drain(request, limits(DRAINED_BYTES));
      headers.set('Connection', 'close');
      const authenticate = challenge(error.code);
      if (authenticate !== undefined) headers.set('WWW-Authenticate', authenticate);
      return new Response(encodeFailure(error), { status, headers });
    }
  };
}

/** The next save in the directory would undo such a deploy. */
function refuseFollowed(channel: Channel): never {
  const message = `channel ${channel} follows a directory of this registry’s server; publish on another channel`;
  throw new ModcastError('channel-followed', message, { found: channel });
}

/** Pages of other sites have no token. Refuse them before reading the body. */
function refuseOtherSites(request: Request, access: Access): void {
  const origin = request.headers.get('Origin');
  if (origin === null) return;
  if (isAllowedPage(access, request)) return;
  throw new ModcastError('request-invalid', 'pages of other sites may not publish', { found: origin });
}

/**
 * Checks the token against the lease's channel. Without a token, the answer does not tell whether the lease
 * exists.
 */
async function authorizeLease(
  { store, publishing, now }: PublishRoutesOptions,
  request: Request,
  lease: string,
): Promise<Token> {
  let channel: string;
  try {
    channel = publishing.channelOf(lease);
  } catch (error) {
    await authorize(store, request, 'publish:*', now()).catch((refused: ModcastError) => {
      if (refused.code !== 'token-narrow') throw refused;
    });
    throw error;
  }
  return authorize(store, request, `publish:${channel}`, now());
}

function requireType(request: Request, expected: string): void {
  const found = request.headers.get('Content-Type');
  if (found?.split(';', 1)[0]?.trim().toLowerCase() === expected) return;
  throw new ModcastError('request-invalid', `the content type must be ${expected}`, { expected, found });
}

const isDisconnect = (error: unknown): boolean =>
  error instanceof Error &&
  ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );
