import { CHANNEL_PATTERN, ModcastError, type Channel, type Hash } from '../../schema/index.js';
import type { Deploy, Store } from '../store/store.js';
import { closestName } from '../closest.js';
import { FIXED_REFS, NAME_MISTAKES, SHORTEST_PREFIX } from './tags.js';
import { TIME_EXAMPLES, parseTime } from './when.js';

export type RefStore = Pick<
  Store,
  | 'deploy'
  | 'deploys'
  | 'head'
  | 'channels'
  | 'tags'
  | 'deployAt'
  | 'resolveHash'
  | 'resolveCommit'
  | 'missing'
>;

const SHOWN = 12;
/** Digits of a module's hash in messages; more when more were given. */
const MODULE_DIGITS = 8;

/** Splits `12:lib/disk.mjs` into a ref and a path. Without a colon the path is undefined. */
export function splitRef(text: string): { ref: string; path: string | undefined } {
  // Colons in braces belong to a time.
  const [, ref = text, path] = /^((?:@\{[^}]*\}|[^:])*)(?::(.*))?$/s.exec(text) ?? [];
  return { ref, path };
}

const REF_FORMS =
  'a number, latest, HEAD, a channel, channel@{time}, a tag, or the first digits of a hash or a git commit, with ~n for n deploys before';

/** @param near the ref that was probably meant */
function unknown(ref: string, tried: string, near?: string): never {
  throw new ModcastError('ref-unknown', `unknown ref ${JSON.stringify(ref)}: ${tried}`, {
    expected: near ?? REF_FORMS,
    found: ref,
  });
}

/** Whether a `ref-unknown` says what was probably meant. */
export const hasAdvice = ({ expected }: ModcastError): boolean => expected !== REF_FORMS;

function ambiguous(ref: string, candidates: readonly string[]): never {
  throw new ModcastError(
    'ref-ambiguous',
    `ambiguous ref ${JSON.stringify(ref)}: ${candidates.join(' or ')}`,
    {
      expected: 'more digits',
      found: ref,
    },
  );
}

/** The deploy that was current at a time: of a channel, or the newest of all channels. */
async function deployAtTime(
  store: RefStore,
  ref: string,
  channel: Channel | undefined,
  when: string,
  now: number,
): Promise<Deploy> {
  const time = parseTime(when, now);
  if (time === undefined) unknown(ref, `not a time: ${when} (as ${TIME_EXAMPLES})`);
  let newest: Deploy | null = null;
  for (const name of channel === undefined ? await store.channels() : [channel]) {
    const deploy = await store.deployAt(name, time);
    if (deploy !== null && deploy.number > (newest?.number ?? 0)) newest = deploy;
  }
  return (
    newest ??
    unknown(
      ref,
      `${channel === undefined ? 'no deploy' : `${channel} had no deploy`} at ${new Date(time).toISOString()}`,
    )
  );
}

/**
 * The deploy whose manifest's hash or git commit starts with these digits. The newest of several with the
 * same manifest; of a commit the newest on production, else the newest: a watched directory makes many of one
 * commit.
 */
async function deployOfHash(store: RefStore, ref: string, prefix: string): Promise<Deploy | undefined> {
  const { deploys } = await store.resolveHash(prefix);
  const ofCommits = await store.resolveCommit(prefix);
  const found = (await Promise.all(deploys.map((number) => store.deploy(number)))).filter(
    (deploy) => deploy !== null,
  );
  const byManifest = new Map(found.toReversed().map((deploy) => [deploy.manifest, deploy]));
  const byCommit = new Map<string, Deploy>();
  for (const deploy of ofCommits) {
    const { commit, channel } = deploy;
    if (commit !== null && (channel === 'production' || !byCommit.has(commit))) byCommit.set(commit, deploy);
  }
  const digits = Math.max(SHOWN, prefix.length);
  const candidates = [
    ...[...byManifest].map(
      ([hash, deploy]) => [`${hash.slice(0, digits)} (deploy ${deploy.number})`, deploy] as const,
    ),
    ...[...byCommit].map(
      ([commit, deploy]) => [`commit ${commit.slice(0, digits)} (deploy ${deploy.number})`, deploy] as const,
    ),
  ];
  if (new Set(candidates.map(([, { number }]) => number)).size > 1)
    ambiguous(
      ref,
      candidates.map(([text]) => text),
    );
  return candidates[0]?.[1];
}

async function baseDeploy(store: RefStore, ref: string, base: string, now: number): Promise<Deploy> {
  const timed = /^([^@]*)@\{(.*)\}$/.exec(base);
  const channels = await store.channels();
  if (channels.length === 0) unknown(ref, 'there are no deploys yet');
  if (timed !== null) {
    const [, channel = '', when = ''] = timed;
    if (channel !== '' && !channels.includes(channel))
      unknown(ref, `no channel ${channel}; channels: ${channels.join(', ')}`);
    return deployAtTime(store, ref, channel === '' ? undefined : channel, when, now);
  }
  if (base === 'latest' || base === 'HEAD' || base === '@') {
    // As the commands that need no ref: production, else the channel of the newest deploy.
    const production = base === 'latest' ? null : await store.head('production');
    const [newest] = await store.deploys({ limit: 1 });
    return production ?? newest!;
  }
  if (channels.includes(base)) return (await store.head(base)) ?? unknown(ref, 'the channel has no deploy');
  const tags = await store.tags();
  const tagged = tags.find(({ name }) => name === base.normalize('NFC'));
  if (tagged !== undefined) {
    return (await store.deploy(tagged.deploy)) ?? unknown(ref, `deploy ${tagged.deploy} is missing`);
  }
  const isNumber = /^(?:0|[1-9]\d{0,14})$/.test(base);
  const numbered = isNumber ? await store.deploy(Number(base)) : null;
  if (numbered !== null) return numbered;
  // As in git, capitals too.
  const digits = base.toLowerCase();
  const isPrefix = base.length >= SHORTEST_PREFIX && /^[0-9a-f]{1,64}$/.test(digits);
  const hashed = isPrefix ? await deployOfHash(store, ref, digits) : undefined;
  if (hashed !== undefined) return hashed;
  const tried: string[] = [];
  let near: string | undefined;
  if (isNumber) {
    const [newest] = await store.deploys({ limit: 1 });
    const first = Number(base) === 0 ? ', the first one is 1' : '';
    tried.push(`no deploy ${base}${first}${newest === undefined ? '' : `, the newest is ${newest.number}`}`);
  } else {
    const names = [...channels, ...tags.map(({ name }) => name), ...FIXED_REFS];
    near = closestName(base, names, Math.min(NAME_MISTAKES, base.length - 2));
    const isName = near !== undefined || CHANNEL_PATTERN.test(base);
    const what = isName
      ? `no channel${tags.length === 0 ? '' : ' or tag'} of that name`
      : 'not a number, a channel, a tag, latest, @{time} or the digits of a hash';
    tried.push(
      `${what}${near === undefined ? `; channels: ${channels.join(', ')}` : `, did you mean ${near}?`}`,
    );
  }
  if (isPrefix) {
    const { blobs } = await store.resolveHash(digits);
    if (blobs.length === 1) {
      const short = blobs[0]!.slice(0, Math.max(base.length, MODULE_DIGITS));
      throw new ModcastError(
        'ref-unknown',
        `${short} is the hash of a file; show it with \`modcast cat ${short}\``,
        {
          expected: 'a deploy',
          found: ref,
        },
      );
    }
    tried.push('no manifest hash or git commit starts with it');
  }
  unknown(ref, tried.join('; '), near);
}

/**
 * The deploy of a ref: `12`, `latest` (of all channels), `HEAD` (of production, else `latest`), a channel for
 * its head, `production@{2026-11-01}` or `@{yesterday}` for the deploy of that time, a tag, or at least four
 * digits of a manifest's hash or of a git commit. Each may end with `~n` for the n-th deploy of the channel
 * before it, or with `^` for each of them. A channel wins over digits of a hash.
 *
 * @param now milliseconds since 1970
 * @throws ModcastError `ref-unknown`, `ref-ambiguous`
 */
export async function resolveDeploy(store: RefStore, ref: string, now: number): Promise<Deploy> {
  // A deploy has one parent, so ^1 is ^ and ^0 the deploy itself.
  const [, base = ref, steps] = /^(.*?)((?:~\d{0,9}|\^\d{0,9})*)$/s.exec(ref) ?? [];
  const [side] = /\^0*(?:[2-9]|1\d)\d*/.exec(steps ?? '') ?? [];
  if (side !== undefined) {
    unknown(
      ref,
      `a deploy has one parent, so there is no ${side}; for ${side.slice(1)} deploys before it, use ${base}~${side.slice(1)}`,
    );
  }
  const back = [...(steps ?? '').matchAll(/[~^](\d*)/g)].reduce(
    (sum, [, n]) => sum + (n === '' ? 1 : Number(n)),
    0,
  );
  const deploy = await baseDeploy(store, ref, base, now);
  if (back === 0) return deploy;
  const { channel, number } = deploy;
  const before = await store.deploys({ channel, before: number, limit: back });
  return (
    before[back - 1] ??
    unknown(
      ref,
      `${channel} has ${before.length === 0 ? 'no deploy' : `only ${before.length}`} before deploy ${number}`,
    )
  );
}

/**
 * The blob whose hash starts with the given digits.
 * @throws ModcastError `ref-unknown`, `ref-ambiguous`
 */
export async function resolveBlob(store: RefStore, prefix: string): Promise<Hash> {
  if (!/^[0-9a-f]{4,64}$/.test(prefix)) unknown(prefix, 'expected at least four digits of a hash');
  const { blobs } = await store.resolveHash(prefix);
  if (blobs.length > 1)
    ambiguous(
      prefix,
      blobs.map((hash) => hash.slice(0, Math.max(SHOWN, prefix.length + 4))),
    );
  return blobs[0] ?? unknown(prefix, 'no blob hash starts with it');
}
