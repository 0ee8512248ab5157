/** Every error code of modcast with one line of meaning; the docs list is made from this table. */
export const ERROR_CODES = {
  'hash-invalid': 'A hash is not 64 lower-case hex digits (32 bytes).',
  'hash-mismatch': 'Bytes are not what their hash says.',
  'path-invalid': 'A path is not relative, /-separated, NFC, or has an empty, "." or ".." segment.',
  'manifest-invalid': 'A manifest does not have the documented shape.',
  'manifest-base-mismatch': 'A manifest difference was applied to another manifest than its base.',
  'message-invalid': 'A protocol message does not fit its schema.',
  'message-unexpected': 'A protocol message came at a moment at which it has no meaning.',
  'message-too-large': 'A message or frame is over its size limit.',
  'protocol-version': 'The two sides speak different versions of the protocol.',
  'pack-invalid': 'A pack has a wrong magic, version, count or length.',
  'pack-truncated': 'A pack ended before all of its blobs had come.',
  'links-invalid': 'A blob’s encoded links are not well formed or lie outside its bytes.',
  'importmap-invalid': 'An import map is not JSON of the standard’s shape.',
  'specifier-unresolved': 'A module specifier resolves to no URL.',
  'blob-unknown': 'No blob of that hash is in the registry, or the channel may not see it.',
  'blob-damaged': 'A stored blob is not what its hash says, and could not be mended.',
  'channel-unknown': 'No channel of that name has a deploy.',
  'channel-followed':
    'A running server reads the channel from a directory, and would undo a deploy that comes from elsewhere.',
  'channel-invalid':
    'A channel name is not 1 to 64 of a-z, 0-9, ".", "_", "-", starting with a letter or digit.',
  'deploy-unknown': 'No deploy of that number.',
  'head-moved': 'The channel’s head is not the expected one any more.',
  'blob-missing': 'A manifest names blobs that are not in the store.',
  'store-locked': 'Another process serves from this database.',
  'store-newer': 'The database was written by a newer version of modcast.',
  'store-unsafe': 'SQLite is too old, or does not hold the durability asked for.',
  'store-closed': 'The store has been closed.',
  'file-unstable': 'A file kept changing while it was read.',
  'file-too-large': 'A file is over the size limit of a blob.',
  'directory-invalid': 'The site directory is missing, or is not a directory.',
  'option-invalid': 'An option has a wrong value, or there is no option of that name.',
  'event-unknown': 'A registry has no event of that name.',
  'port-in-use': 'The port is taken.',
  'listen-failed': 'The server cannot listen at the address, or not on the port.',
  'slow-client': 'A client read too slowly and was disconnected.',
  'store-foreign': 'The file is not a modcast database: another program’s, or no database at all.',
  'store-native': 'The native part of better-sqlite3 is missing or was built for another Node.',
  'store-unavailable': 'The database cannot be opened, read or written where it is.',
  'store-busy': 'Another process has kept the database locked for too long.',
  'store-full': 'There is no space left for the database.',
  'store-damaged': 'The database file is damaged.',
  'database-missing': 'There is no database where one was looked for.',
  'ref-unknown': 'A ref names no deploy and no blob.',
  'command-failed': 'A command that was to be run could not be, or was ended.',
  'path-unknown': 'A deploy has no module at that path.',
  'ref-ambiguous': 'The first digits of a hash are those of more than one.',
  'token-exists': 'There is a token of that id already.',
  'token-required': 'This needs a token, and none was sent.',
  'token-invalid': 'What was sent is no token of this registry.',
  'token-expired': 'The token’s time is over.',
  'token-revoked': 'The token has been revoked.',
  'token-narrow': 'The token’s scope does not cover this.',
  'token-unknown': 'There is no token of that id.',
  'scope-invalid': 'A token’s scope is not "read", "publish:*" or "publish:" and a channel.',
  'imports-unresolved': 'A module imports a file that is not there.',
  'syntax-invalid': 'A module that the site needs does not parse.',
  'lease-unknown': 'What was being published has been committed, or was left alone for too long.',
  'publish-busy': 'Too much is being published at the same time.',
  'request-invalid': 'A request has a wrong content type, origin or shape.',
  'request-slow': 'A request’s body stopped coming.',
  'server-unreachable': 'There is no connection to the registry, or it broke off.',
  'server-foreign': 'What answers there is no modcast registry.',
  'export-occupied': 'The directory to export into is not empty, or something in it is in the way.',
  'export-collision': 'Two paths of a deploy cannot both be files where they are to be exported.',
  'git-failed': 'git is missing, or could not read the repository.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorDetails {
  /** What would have been right, in words or as a value. */
  expected?: unknown;
  /** What was there instead. */
  found?: unknown;
  cause?: unknown;
}

/** The one error class of modcast: a stable `code`, and where it makes sense what was `expected` and `found`. */
export class ModcastError extends Error {
  readonly code: ErrorCode;
  readonly expected: unknown;
  readonly found: unknown;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ModcastError';
    this.code = code;
    this.expected = details.expected;
    this.found = details.found;
  }
}
