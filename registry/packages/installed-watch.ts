import path from 'node:path';
import type { Clock } from '../clock.js';
import { lookAgain } from '../ingest/look-again.js';

/** Files and directories that package managers write when they install something. */
const MARKS = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'node_modules',
  'node_modules/.package-lock.json',
  'node_modules/.modules.yaml',
  'node_modules/.yarn-integrity',
  'node_modules/.yarn-state.yml',
];

export interface InstalledWatchOptions {
  /** Of the site. Absolute; it may be a link. */
  readonly directory: string;
  /** Files of linked packages that the site uses. Absolute. */
  readonly linked: () => readonly string[];
  readonly clock: Clock;
  /** Something else is installed, and nothing has changed since the last look. */
  readonly onChange: () => void;
}

/**
 * Looks again and again whether other packages are installed, at the site's directory and above it: no
 * watcher follows `node_modules`, which can have a hundred thousand files.
 */
export const watchInstalled = ({ directory, linked, clock, onChange }: InstalledWatchOptions) =>
  lookAgain({ files: () => [...marksOf(directory), ...linked()], clock, onChange });

function marksOf(directory: string): string[] {
  const files: string[] = [];
  for (let at = directory; ; at = path.dirname(at)) {
    files.push(...MARKS.map((mark) => path.join(at, mark)));
    if (at === path.dirname(at)) return files;
  }
}
