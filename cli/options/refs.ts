import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Store } from '../../registry/index.js';
import {
  deploySnapshot,
  directorySnapshot,
  resolveDeploy,
  type Snapshot,
} from '../../registry/history/index.js';
import { ModcastError } from '../../schema/index.js';
import type { Io } from '../io.js';

/** For the help of every command that takes a ref. */
export const REFS_HELP = `
Refs: 12 (a deploy's number), latest, production (a channel's newest deploy), production~2 (two deploys before it),
production@{2026-11-01}, @{yesterday}, or at least four digits of a manifest's hash.`;

const looksLikePath = (text: string): boolean => text === '.' || text === '..' || /^\.{0,2}\/|\/$/.test(text);

/**
 * A deploy by its ref, or a directory. Text that looks like a path is a directory; other text is first a ref.
 * @throws ModcastError `ref-unknown`, `directory-invalid`
 */
export async function resolveSide(io: Io, store: Store, text: string): Promise<Snapshot> {
  const directory = path.resolve(io.cwd, text);
  if (looksLikePath(text)) return directorySnapshot(directory);
  try {
    return deploySnapshot(store, await resolveDeploy(store, text, io.now()));
  } catch (error) {
    const isUnknown = error instanceof ModcastError && error.code === 'ref-unknown';
    const found = isUnknown ? await stat(directory).catch(() => undefined) : undefined;
    if (found?.isDirectory()) return directorySnapshot(directory);
    throw error;
  }
}
