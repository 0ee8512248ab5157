import * as z from 'zod/mini';
import {
  ERROR_CODES,
  LIMITS,
  ModcastError,
  jsonExcess,
  isHash,
  manifestFromJson,
  manifestToJson,
  type Channel,
  type ErrorCode,
  type ManifestJson,
  type Hash,
} from '../../schema/index.js';
import type { Deploy } from '../store/store.js';
import type { Plan, Proposal } from './publish-plan.js';

/** Messages between publishers and registries: JSON and packs. Both sides validate what they receive. */
export const JSON_TYPE = 'application/json';
export const PACK_TYPE = 'application/octet-stream';

const natural = z.int().check(z.nonnegative());
const hash = z.custom<Hash>(isHash, 'expected a hash');
const text = (length: number) => z.string().check(z.maxLength(length));
const commit = z.nullable(z.string().check(z.regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/)));

const proposal = z.strictObject({
  /** `manifestFromJson` validates it, with better messages. */
  manifest: z.unknown(),
  expected: z.optional(z.nullable(natural)),
  author: text(200),
  message: text(10_000),
  commit,
  dryRun: z.optional(z.boolean()),
});

const deploy = z.object({
  number: natural,
  channel: z.string(),
  manifest: hash,
  time: z.number(),
  author: z.string(),
  message: z.string(),
  parent: z.nullable(natural),
  commit,
  added: natural,
  changed: natural,
  removed: natural,
  modules: natural,
  bytes: natural,
});

const plan = z.discriminatedUnion('state', [
  z.object({ state: z.literal('current'), deploy }),
  z.object({
    state: z.literal('open'),
    lease: z.nullable(z.string()),
    head: z.nullable(natural),
    missing: z.array(hash),
    changes: z.object({
      added: natural,
      changed: natural,
      removed: natural,
      modules: natural,
      bytes: natural,
    }),
  }),
]);

const committed = z.object({ deploy, created: z.boolean() });

const failure = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    expected: z.optional(z.unknown()),
    found: z.optional(z.unknown()),
  }),
});

function fits<S extends z.ZodMiniType>(schema: S, value: unknown, what: string): z.infer<S> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ModcastError(
    'request-invalid',
    `${what}: ${issue?.path.join('.')}: ${issue?.message ?? 'does not fit'}`,
  );
}

/** The channel is in the URL. */
export function encodeProposal(proposed: Proposal): string {
  const { manifest, expected, author, message, commit: at, dryRun } = proposed;
  return JSON.stringify({
    manifest: manifestToJson(manifest),
    expected,
    author,
    message,
    commit: at,
    dryRun,
  });
}

/**
 * The text of a request, before it is parsed: parsing a much too large one would take long.
 * @throws ModcastError `request-invalid`, `message-too-large`
 */
export function proposalText(body: Buffer): string {
  const text = body.toString('utf8');
  // Modules are arrays. An import map has fewer objects than there may be modules.
  const excess = jsonExcess(text, 2 * LIMITS.publishModules);
  if (excess === 'many') throw tooManyModules(`more than ${LIMITS.publishModules}`);
  if (excess === undefined) return text;
  const expected = `at most ${LIMITS.jsonDepth} levels of JSON`;
  throw new ModcastError('request-invalid', `the request is nested too deeply: expected ${expected}`, {
    expected,
  });
}

function tooManyModules(found: number | string): ModcastError {
  const most = LIMITS.publishModules;
  const message = `the manifest has ${found} files; over HTTP at most ${most} are taken, more with --db`;
  return new ModcastError('message-too-large', message, { expected: most, found });
}

/** @throws ModcastError `request-invalid`, `manifest-invalid`, `message-too-large` */
export function decodeProposal(channel: Channel, text: string): Proposal {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ModcastError('request-invalid', 'the request is not JSON', { expected: JSON_TYPE });
  }
  const { manifest, expected, dryRun, ...rest } = fits(proposal, json, 'request');
  checkSizes(manifest as Partial<ManifestJson> | null);
  return {
    channel,
    manifest: manifestFromJson(manifest),
    ...rest,
    ...(expected === undefined ? {} : { expected }),
    ...(dryRun === undefined ? {} : { dryRun }),
  };
}

/** Before each module is checked. @throws ModcastError `message-too-large` */
function checkSizes(manifest: Partial<ManifestJson> | null | undefined): void {
  const count = manifest?.modules?.length ?? 0;
  if (count > LIMITS.publishModules) throw tooManyModules(count);
  const bytes = JSON.stringify(manifest?.importMap ?? null).length;
  if (bytes <= LIMITS.importMapBytes) return;
  const message = `the import map has ${bytes} bytes; at most ${LIMITS.importMapBytes} are taken`;
  throw new ModcastError('message-too-large', message, { expected: LIMITS.importMapBytes, found: bytes });
}

/** @throws ModcastError `request-invalid` */
export const decodePlan = (json: unknown): Plan => fits(plan, json, 'answer');

/** @throws ModcastError `request-invalid` */
export const decodeCommitted = (json: unknown): { deploy: Deploy; created: boolean } =>
  fits(committed, json, 'answer');

export function encodeFailure({ code, message, expected, found }: ModcastError): string {
  return JSON.stringify({ error: { code, message, expected, found } });
}

/** The registry's error in an answer. Undefined when the answer has none. */
export function decodeFailure(json: unknown): ModcastError | undefined {
  const result = z.safeParse(failure, json);
  if (!result.success || !Object.hasOwn(ERROR_CODES, result.data.error.code)) return undefined;
  const { code, message, expected, found } = result.data.error;
  return new ModcastError(code as ErrorCode, message, { expected, found });
}
