import { ModcastError } from '../../schema/index.js';
import { closestName, didYouMean } from '../closest.js';
import type { Store, Tag } from '../store/store.js';

/** UTF-16 code units of a tag's name at most. git has no limit but that of the file system, 255 bytes. */
export const TAG_LENGTH = 128;

/** Refs that are no channels. */
export const FIXED_REFS = ['latest', 'HEAD', '@'];

/** Digits that a prefix of a hash or a commit needs at least. */
export const SHORTEST_PREFIX = 4;

/** Why git would not take a name, by its rules for refs: https://git-scm.com/docs/git-check-ref-format. */
const GIT_RULES: readonly (readonly [wrong: RegExp, reason: string])[] = [
  [/^$/, 'it is empty'],
  // oxlint-disable-next-line no-control-regex
  [/[\0-\x20\x7f~^:?*[\\]/, 'it must not contain spaces, control characters, or any of ~ ^ : ? * [ \\'],
  [/^-/, 'it must not begin with "-"'],
  [/^\/|\/$|\/\//, 'it must not begin or end with "/", or contain "//"'],
  [/(?:^|\/)\./, 'it must not begin with ".", nor any part of it'],
  [/\.\./, 'it must not contain ".."'],
  [/\.$/, 'it must not end with "."'],
  [/\.lock(?:\/|$)/, 'it must not end with ".lock", nor any part of it'],
  [/@\{/, 'it must not contain "@{"'],
];

/** Names that would be another ref. */
const OTHER_REFS: readonly (readonly [wrong: RegExp, reason: string])[] = [
  [/^\d+$/, 'a number is a deploy'],
  [/^(?:latest|head|@)$/i, 'it is a ref of its own'],
  [new RegExp(`^[0-9a-f]{${SHORTEST_PREFIX},64}$`, 'i'), 'it could be the digits of a hash or a commit'],
];

/**
 * A tag's name as it is stored, in NFC. The store compares it with the channels.
 * @throws ModcastError `tag-invalid`
 */
export function parseTagName(text: string): string {
  const name = text.normalize('NFC');
  const tooLong = name.length > TAG_LENGTH ? `it is longer than ${TAG_LENGTH} characters` : undefined;
  const reason = tooLong ?? [...GIT_RULES, ...OTHER_REFS].find(([wrong]) => wrong.test(name))?.[1];
  if (reason === undefined) return name;
  throw new ModcastError('tag-invalid', `no tag can be called ${JSON.stringify(text)}: ${reason}`, {
    expected: 'a name such as v1.2 or release/2026-11',
    found: text,
  });
}

/** Mistakes in the name of a tag or channel that is suggested. */
export const NAME_MISTAKES = 2;

/** @param tags all tags */
export function tagUnknown(name: string, tags: readonly Tag[]): ModcastError {
  const names = tags.map((tag) => tag.name);
  const near = closestName(name, names, Math.min(NAME_MISTAKES, name.length - 1));
  const advice = near === undefined ? '; `modcast tag` lists them' : didYouMean(near);
  return new ModcastError('tag-unknown', `no tag ${JSON.stringify(name)}${advice}`, {
    expected: near ?? names,
    found: name,
  });
}

/** The tags of each deploy that has some, by its number, sorted by name. */
export type DeployTags = ReadonlyMap<number, readonly Tag[]>;

export async function tagsByDeploy(store: Pick<Store, 'tags'>): Promise<DeployTags> {
  const found = new Map<number, Tag[]>();
  for (const tag of await store.tags()) found.set(tag.deploy, [...(found.get(tag.deploy) ?? []), tag]);
  return found;
}
