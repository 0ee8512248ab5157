import { ModcastError, type ErrorCode } from '../schema/index.js';

/** What the codes of the operating system mean, without the path. */
const REASONS: { readonly [code: string]: string } = {
  EACCES: 'permission denied',
  EBUSY: 'it is in use',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'it exists already',
  EFBIG: 'the file would be too large',
  EIO: 'input/output error',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'too many open files',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'a part of the path is not a directory',
  ENXIO: 'no such device',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
};

const VERBS: { readonly [syscall: string]: string } = {
  copyfile: 'write',
  fsync: 'write',
  ftruncate: 'write',
  lstat: 'read',
  mkdir: 'create',
  mkdtemp: 'create',
  open: 'open',
  opendir: 'read',
  read: 'read',
  readlink: 'read',
  realpath: 'read',
  rename: 'move',
  rmdir: 'delete',
  scandir: 'read',
  spawn: 'run',
  stat: 'read',
  unlink: 'delete',
  watch: 'watch',
  write: 'write',
};

const NO_SPACE = new Set(['EDQUOT', 'EFBIG', 'ENOSPC']);

/** An error of the file system, a socket or a process, as Node throws it. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && typeof (error as NodeJS.ErrnoException).code === 'string';

/** `no space left on the device (ENOSPC)` */
export function systemReason({ code = '', message, syscall }: NodeJS.ErrnoException): string {
  // For a watcher, ENOSPC means that the system allows no more of them.
  const known = syscall === 'watch' ? undefined : REASONS[code];
  return `${known ?? message.replace(/^\w+: |, .*$/gs, '')} (${code})`;
}

/**
 * Converts an error of the file system to ModcastError `disk-full` or `file-unavailable`. Returns others
 * unchanged.
 *
 * @param doing what failed: `cannot write out/a.mjs`. Default: what the failed call does, and its path
 * @param advice what to do next
 */
export function explainSystemError(error: unknown, doing?: string, advice?: string): unknown {
  if (!isSystemError(error)) return error;
  const { code = '', path = '', syscall = '' } = error;
  const isFull = NO_SPACE.has(code) && syscall !== 'watch';
  const kind: ErrorCode = isFull ? 'disk-full' : 'file-unavailable';
  const verb = VERBS[syscall];
  const what = doing ?? (verb === undefined ? `${syscall} failed` : `cannot ${verb} ${path || 'a file'}`);
  const message = `${what}: ${systemReason(error)}`;
  return new ModcastError(kind, advice === undefined ? message : `${message}; ${advice}`, {
    found: code,
    cause: error,
  });
}
