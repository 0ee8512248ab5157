/** Every error code of modcast with its meaning. docs/errors.md is generated from this table. */
export const ERROR_CODES = {
  'hash-invalid': 'A hash is not 64 lower-case hex digits (32 bytes).',
  'hash-mismatch': 'The hash of the bytes is not the expected one.',
  'path-invalid':
    'A path is not relative, /-separated, NFC, or has an empty, "." or ".." segment, or names a dotfile.',
  'manifest-invalid': 'A manifest does not have the documented shape.',
  'manifest-base-mismatch': 'A manifest difference was applied to a manifest that is not its base.',
  'message-invalid': 'A protocol message does not fit its schema.',
  'message-unexpected': 'A protocol message came at a time when it is not allowed.',
  'message-too-large': 'A message or frame is over its size limit.',
  'message-rate': 'A client sends too many messages. They are dropped, and it is disconnected if it goes on.',
  'protocol-version': 'The two sides speak different versions of the protocol.',
  'pack-invalid': 'A pack has a wrong magic number, version, count or length.',
  'pack-truncated': 'A pack ended before all of its blobs arrived.',
  'links-invalid': 'The encoded links of a blob are malformed or lie outside its bytes.',
  'importmap-invalid': 'An import map is not JSON, or not in the form that the HTML standard defines.',
  'specifier-unresolved': 'A module specifier resolves to no URL.',
  'blob-unknown': 'The registry has no blob with that hash, or the channel does not include it.',
  'blob-damaged': 'A stored blob does not match its hash and could not be repaired. Run `modcast verify`.',
  'channel-unknown': 'No channel of that name has a deploy.',
  'channel-followed':
    'A running server reads the channel from a directory. The next saved file would undo a deploy from elsewhere.',
  'channel-invalid':
    'A channel name is not 1 to 64 of a-z, 0-9, ".", "_", "-", starting with a letter or digit.',
  'deploy-unknown': 'No deploy has that number.',
  'head-moved': 'The newest deploy of the channel is not the expected one.',
  'blob-missing': 'A manifest names blobs that are not in the store.',
  'store-locked': 'Another process serves from this database.',
  'store-newer': 'The database was written by a newer version of modcast.',
  'store-unsafe': 'SQLite is too old, or does not support the required durability.',
  'store-closed': 'The store is closed.',
  'file-unstable': 'A file kept changing while modcast read it.',
  'blob-too-large': 'A file, or a blob that is published, is over the size limit of a blob.',
  'watch-limited': 'The system has no watches left for some directories. They are polled instead.',
  'directory-invalid': 'The site directory is missing, or is not a directory.',
  'registry-unknown':
    'A page of one registry connected to another one. Another site is served at its address.',
  'option-invalid': 'An option has a wrong value, or no option has that name.',
  'event-unknown': 'A registry has no event with that name.',
  'port-in-use': 'The port is in use.',
  'listen-failed': 'The server cannot listen on the address or the port.',
  'slow-client': 'A client read too slowly and was disconnected.',
  'store-foreign': 'The file is not a modcast database, or no regular file.',
  'store-native': 'The native part of better-sqlite3 is missing or was built for another Node.',
  'store-unavailable': 'The database cannot be opened, read or written. Check the path and its permissions.',
  'store-busy': 'Another process kept the database locked for too long. Try again.',
  'store-full': 'The disk has no space left for the database. The message says what was written before.',
  'store-damaged': 'The database file is damaged.',
  'disk-full': 'The disk has no space left for a file or for the output.',
  'file-unavailable':
    'A file, a directory or the output cannot be read or written. The message has the reason.',
  'database-missing': 'There is no database at that place.',
  'ref-unknown': 'A ref matches no deploy and no blob.',
  'command-failed': 'A command could not be run, or was stopped.',
  'path-unknown': 'A deploy has no file at that path.',
  'ref-ambiguous': 'The given digits match more than one hash.',
  'tag-exists': 'A tag of that name exists already. `--force` moves it.',
  'tag-invalid': 'A tag’s name is not one that git allows, or could be taken for another ref.',
  'tag-unknown': 'No tag has that name.',
  'token-exists': 'A token with that id exists already.',
  'token-required': 'The request needs a token, but has none.',
  'token-invalid': 'The token is not a token of this registry.',
  'token-expired': 'The token has expired.',
  'token-revoked': 'The token has been revoked.',
  'token-narrow': 'The token’s scope does not allow this request.',
  'token-unknown': 'No token has that id.',
  'scope-invalid': 'A token’s scope is not "read", "publish:*" or "publish:<channel>".',
  'imports-unresolved': 'A module imports a file that does not exist.',
  'syntax-invalid': 'A module that a page needs to start does not parse.',
  'lease-unknown': 'The publish is finished already, or was idle for too long. Publish again.',
  'publish-busy': 'Too many publishes run at the same time. Try again later.',
  'request-invalid': 'A request has a wrong content type, origin or shape.',
  'request-slow': 'The body of a request stopped arriving.',
  'server-unreachable': 'The registry cannot be reached, or the connection was lost.',
  'server-foreign': 'The server at that address is not a modcast registry.',
  'export-occupied': 'The directory of an export is not empty, or a file in it is in the way.',
  'export-collision': 'Two paths of a deploy are the same file on the target file system.',
  'advisories-unavailable': 'The npm registry did not answer, or has no advisories about packages.',
  'git-failed': 'git is not installed, or could not read the repository.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorDetails {
  /** What was expected, in words or as a value. */
  expected?: unknown;
  /** What was found instead. */
  found?: unknown;
  cause?: unknown;
}

/** The error class of modcast, with a stable `code` and, if useful, what was `expected` and `found`. */
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
