import type { Command } from 'commander';
import type { Io } from './io.js';
import { serveCommand } from './serve.js';

export type Group = 'Serving' | 'Asking' | 'Publishing' | 'Keeping';

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly { readonly group: Group; readonly create: (io: Io) => Command }[] = [
  { group: 'Serving', create: serveCommand },
];
