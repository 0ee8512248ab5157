import { Command, InvalidArgumentError } from 'commander';
import type { Token } from '../../registry/index.js';
import { createToken, parseScope } from '../../registry/auth/tokens.js';
import { ModcastError } from '../../schema/index.js';
import type { Io } from '../io.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { parseDuration } from '../options/duration.js';
import { jsonOption } from '../options/json-option.js';
import { writeJson } from '../output/json.js';
import { formatTable } from '../output/table.js';
import { isoTime, relativeTime } from '../output/time.js';

interface CreateOptions extends DatabaseOptions {
  scope: string[];
  /** Milliseconds; Infinity for never; undefined for the default. */
  expires?: number;
  note: string;
  json?: boolean;
}

interface JsonOptions extends DatabaseOptions {
  json?: boolean;
}

const DEFAULT_EXPIRES = '90d';

function parseExpires(text: string): number {
  const expires = text === 'never' ? Infinity : parseDuration(text);
  if (expires > 0) return expires;
  throw new InvalidArgumentError('a duration above 0, like 12h or 30d, or never.');
}

function scope(text: string, list: string[] = []): string[] {
  try {
    return [...list, parseScope(text)];
  } catch (error) {
    throw new InvalidArgumentError(`${(error as ModcastError).expected as string}.`);
  }
}

export function tokenCommand(io: Io): Command {
  return new Command('token')
    .summary('manage the tokens for publishing and reading over HTTP')
    .description(
      'Creates, lists and revokes the tokens of a registry. The registry stores only a hash of each token.',
    )
    .addHelpText(
      'after',
      `
Examples:
  modcast token create --scope publish:production
  modcast token list`,
    )
    .addCommand(createCommand(io))
    .addCommand(listCommand(io))
    .addCommand(revokeCommand(io));
}

function createCommand(io: Io): Command {
  const command = new Command('create')
    .summary('create a token and print it once')
    .requiredOption(
      '--scope <scope>',
      'what the token allows: publish:<channel>, publish:* or read; repeatable',
      scope,
    )
    .option(
      '--expires <time>',
      `how long the token is valid: 12h, 30d or never (default: ${DEFAULT_EXPIRES})`,
      parseExpires,
    )
    .option('--note <text>', 'a note for the list: who uses the token, and what for', '')
    .addHelpText(
      'after',
      `
Examples:
  modcast token create --scope publish:production --expires 90d --note "build server"`,
    )
    .action((options: CreateOptions) =>
      create(io, { ...options, expires: options.expires ?? parseExpires(DEFAULT_EXPIRES) }),
    );
  databaseOption(command);
  return jsonOption(command, '{id, token, scope, created, expires, note}');
}

async function create(io: Io, options: CreateOptions & { expires: number }): Promise<void> {
  await withStore(
    io,
    options,
    async (store) => {
      const now = io.now();
      const expires = options.expires === Infinity ? null : now + options.expires;
      const { text, token } = await createToken(store, {
        scope: options.scope,
        expires,
        note: options.note,
        now,
      });
      if (options.json === true) {
        return writeJson(io, { id: token.id, token: text, ...shown(token) });
      }
      // Standard output has only the token, so that a script can store it.
      io.write(`${text}\n`);
      const until = expires === null ? 'never expires' : `expires ${isoTime(expires)}`;
      io.error(
        `${token.scope.join(', ')} · ${until} · set it as MODCAST_TOKEN. It is not shown again.\n` +
          `Revoke it with \`modcast token revoke ${token.id}\`.\n`,
      );
    },
    { create: 'for-any' },
  );
}

const timeOf = (time: number | null): string | null => (time === null ? null : isoTime(time));

const shown = ({ scope: scopes, created, expires, note }: Omit<Token, 'hash' | 'revoked'>) => ({
  scope: scopes,
  created: isoTime(created),
  expires: timeOf(expires),
  note,
});

function listCommand(io: Io): Command {
  const command = new Command('list').summary('list all tokens').action((options: JsonOptions) =>
    withStore(io, options, async (store) => {
      const tokens = await store.tokens();
      const now = io.now();
      if (options.json === true) {
        return writeJson(
          io,
          tokens.map((token) => ({
            id: token.id,
            state: stateOf(token, now),
            ...shown(token),
            revoked: timeOf(token.revoked),
          })),
        );
      }
      if (tokens.length === 0) return io.write('No tokens. Create one with `modcast token create`.\n');
      const columns = [
        { title: 'id', whole: true },
        { title: 'state' },
        { title: 'scope' },
        { title: 'created', optional: true },
        { title: 'expires', whole: true, expendable: true },
        { title: 'note', shrinks: true },
      ];
      const rows = tokens.map((token) => [
        token.id,
        stateOf(token, now),
        token.scope.join(', '),
        relativeTime(token.created, now),
        token.expires === null ? 'never' : isoTime(token.expires),
        token.note,
      ]);
      io.write(formatTable(columns, rows, io.columns, io.colours.dim));
    }),
  );
  databaseOption(command);
  return jsonOption(command, '[{id, state, scope, created, expires, revoked, note}]');
}

function stateOf(token: Token, now: number): 'good' | 'revoked' | 'expired' {
  if (token.revoked !== null) return 'revoked';
  return token.expires !== null && token.expires <= now ? 'expired' : 'good';
}

function revokeCommand(io: Io): Command {
  const command = new Command('revoke')
    .summary('revoke a token at once')
    .argument('<id>', 'the id in the list, or the token itself')
    .action((text: string, options: JsonOptions) =>
      withStore(io, options, async (store) => {
        const id = /^mc_([0-9a-f]+)_/.exec(text.trim())?.[1] ?? text.trim();
        const token = await store.revokeToken(id, io.now());
        if (token === null) {
          throw new ModcastError('token-unknown', `no token has the id ${id}; see \`modcast token list\``, {
            found: id,
          });
        }
        if (options.json === true) return writeJson(io, { id, revoked: timeOf(token.revoked) });
        io.write(`Revoked token ${id}.\n`);
      }),
    );
  databaseOption(command);
  return jsonOption(command, '{id, revoked}');
}
