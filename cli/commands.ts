import type { Command } from 'commander';
import { blameCommand } from './blame.js';
import { bisectCommand } from './bisect.js';
import { catCommand } from './cat.js';
import { completionCommand } from './completion.js';
import { deploysCommand } from './deploys.js';
import { diffCommand } from './diff.js';
import { exportCommand } from './export.js';
import { gcCommand } from './gc.js';
import { importCommand } from './import.js';
import type { Io } from './io.js';
import { logCommand } from './log.js';
import { promoteCommand } from './promote.js';
import { publishCommand } from './publish.js';
import { rollbackCommand } from './rollback.js';
import { mapCommand } from './map.js';
import { serveCommand } from './serve.js';
import { showCommand } from './show.js';
import { tokenCommand } from './token.js';
import { verifyCommand } from './verify.js';

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
  { group: 'Asking', create: bisectCommand },
  { group: 'Asking', create: mapCommand },
  { group: 'Publishing', create: publishCommand },
  { group: 'Publishing', create: rollbackCommand },
  { group: 'Publishing', create: promoteCommand },
  { group: 'Publishing', create: tokenCommand },
  { group: 'Keeping', create: gcCommand },
  { group: 'Keeping', create: verifyCommand },
  { group: 'Keeping', create: exportCommand },
  { group: 'Keeping', create: importCommand },
  { group: 'Keeping', create: completionCommand },
];
