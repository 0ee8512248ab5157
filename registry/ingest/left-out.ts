import { LIMITS, ModcastError } from '../../schema/index.js';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'it may not be read (EACCES)',
  EPERM: 'it may not be read (EPERM)',
  ELOOP: 'its links lead in a circle (ELOOP)',
  EISDIR: 'it is a directory',
  EMFILE: 'too many files are open (EMFILE)',
  'file-unstable': 'it kept changing while it was read',
  'file-too-large': `it is larger than ${LIMITS.blobBytes / 1024 / 1024} MiB`,
};

/** Why a file was left out, in words that follow its name. */
export function reasonFor(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? (error instanceof ModcastError ? message : (code ?? message));
}

export function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
