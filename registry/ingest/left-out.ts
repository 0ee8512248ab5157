import { LIMITS, ModcastError } from '../../schema/index.js';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'there is no permission to read it (EACCES)',
  EPERM: 'there is no permission to read it (EPERM)',
  ELOOP: 'its symbolic links form a cycle (ELOOP)',
  EISDIR: 'it is a directory',
  EMFILE: 'too many files are open (EMFILE)',
  ENFILE: 'too many files are open on this machine (ENFILE)',
  'file-unstable': 'it kept changing while it was read',
  'blob-too-large': `it is larger than ${LIMITS.blobBytes / 1024 / 1024} MiB`,
};

/** Why a file was left out: a clause that follows its name. */
export function reasonFor(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? (error instanceof ModcastError ? message : (code ?? message));
}

/** Whether an error means that the file no longer exists. */
export function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** System errors that say what a file is, not that reading it failed. */
const DEFINITE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENAMETOOLONG', 'EINVAL']);

/**
 * Whether a file exists and may be read at another time: too many files are open, the permission is missing,
 * the disk fails, or it is being written. Such a file must not count as deleted.
 */
export function isUnreadable(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code === 'file-unstable' || (syscall !== undefined && !DEFINITE.has(code ?? ''));
}
