import type { Command } from 'commander';
import { blameCommand } from './blame.js';
import { catCommand } from './cat.js';
import { deploysCommand } from './deploys.js';
import { diffCommand } from './diff.js';
import type { Io } from './io.js';
import { logCommand } from './log.js';
import { serveCommand } from './serve.js';
import { showCommand } from './show.js';

export type Group = 'Serving' | 'Asking' | 'Publishing' | 'Keeping';

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly { readonly group: Group; readonly create: (io: Io) => Command }[] = [
  { group: 'Serving', create: serveCommand },
  { group: 'Asking', create: deploysCommand },
  { group: 'Asking', create: logCommand },
  { group: 'Asking', create: showCommand },
  { group: 'Asking', create: catCommand },
  { group: 'Asking', create: diffCommand },
  { group: 'Asking', create: blameCommand },
];
