import type { Command } from 'commander';
import type { Io } from './io.js';

export type Group = 'Serving' | 'Asking' | 'Publishing' | 'Keeping';

export interface CommandEntry {
  readonly group: Group;
  readonly name: string;
  /** For programs: no help lists it. */
  readonly hidden?: true;
  /** Each brings its own libraries along: only the one that is run is loaded. */
  readonly load: () => Promise<(io: Io) => Command>;
}

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  { group: 'Serving', name: 'serve', load: async () => (await import('./serve.js')).serveCommand },
  { group: 'Asking', name: 'deploys', load: async () => (await import('./deploys.js')).deploysCommand },
  { group: 'Asking', name: 'log', load: async () => (await import('./log.js')).logCommand },
  { group: 'Asking', name: 'show', load: async () => (await import('./show.js')).showCommand },
  { group: 'Asking', name: 'cat', load: async () => (await import('./cat.js')).catCommand },
  { group: 'Asking', name: 'diff', load: async () => (await import('./diff.js')).diffCommand },
  { group: 'Asking', name: 'blame', load: async () => (await import('./blame.js')).blameCommand },
  { group: 'Asking', name: 'bisect', load: async () => (await import('./bisect.js')).bisectCommand },
  { group: 'Asking', name: 'map', load: async () => (await import('./map.js')).mapCommand },
  { group: 'Publishing', name: 'publish', load: async () => (await import('./publish.js')).publishCommand },
  {
    group: 'Publishing',
    name: 'rollback',
    load: async () => (await import('./rollback.js')).rollbackCommand,
  },
  { group: 'Publishing', name: 'promote', load: async () => (await import('./promote.js')).promoteCommand },
  { group: 'Publishing', name: 'token', load: async () => (await import('./token.js')).tokenCommand },
  { group: 'Keeping', name: 'gc', load: async () => (await import('./gc.js')).gcCommand },
  { group: 'Keeping', name: 'verify', load: async () => (await import('./verify.js')).verifyCommand },
  { group: 'Keeping', name: 'export', load: async () => (await import('./export.js')).exportCommand },
  { group: 'Keeping', name: 'import', load: async () => (await import('./import.js')).importCommand },
  {
    group: 'Keeping',
    name: 'completion',
    load: async () => (await import('./completion.js')).completionCommand,
  },
  {
    group: 'Keeping',
    name: '__complete',
    hidden: true,
    load: async () => (await import('./complete.js')).completeCommand,
  },
];
