import { Command } from 'commander';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { registryUrl } from '../../registry/publish/registry-url.js';
import {
  openRepairSource,
  verifyStore,
  type Carrier,
  type DamagedBlob,
} from '../../registry/verify/index.js';
import { EXIT, type Io } from '../io.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonOption } from '../options/json-option.js';
import { count, formatBytes } from '../output/format.js';
import { writeJson } from '../output/json.js';
import { ProgressLine } from '../output/progress-line.js';
import { printable } from '../output/text.js';
import { remoteToken } from '../publishing/remote-token.js';

interface VerifyCommandOptions extends DatabaseOptions {
  repairFrom?: string;
  json?: boolean;
}

export function verifyCommand(io: Io): Command {
  const command = new Command('verify')
    .summary('check every blob, manifest and index')
    .description(
      'Checks the hash and the links of every blob, the hash of every manifest, and the database file itself. Lists what is damaged and exits with 1 if anything is. Servers and publishes can run at the same time.',
    )
    .option(
      '--repair-from <place>',
      'repair damaged blobs from another database, or from a running registry: https://host, with the token in MODCAST_TOKEN. A copy of this database, such as a backup, repairs everything but a damaged schema',
    )
    .addHelpText(
      'after',
      `
Examples:
  modcast verify
  modcast verify --repair-from /backup/registry.db
  modcast verify --repair-from https://modules.example.org`,
    )
    .action((options: VerifyCommandOptions) => verify(io, options));
  jsonOption(
    command,
    '{sound, blobs, bytes, dropped, damaged: [{hash, found, links?, repaired, carriers: [{channel, path, from, to}]}], problems: […], repairedProblems?: […]}',
  );
  return databaseOption(command);
}

async function verify(io: Io, { repairFrom, json, ...options }: VerifyCommandOptions): Promise<void> {
  const line = new ProgressLine(io);
  const verified = await withStore(io, options, async (store, database) => {
    const place = repairFrom === undefined ? undefined : repairPlace(io, repairFrom);
    const token = place === undefined ? undefined : remoteToken(io, place, { json: json === true });
    const source = place === undefined ? null : await openRepairSource(place, { token });
    try {
      return await verifyStore({
        store,
        source,
        database,
        progress: ({ blobs, bytes, damaged }) => {
          const found = damaged === 0 ? '' : `, ${damaged} damaged`;
          line.show(`  ${count(blobs, 'blob')}, ${formatBytes(bytes)}${found}…`);
        },
      });
    } finally {
      line.clear();
      await source?.close();
    }
  });
  if (!verified.sound) io.exitCode = EXIT.failed;
  if (json === true) return writeJson(io, verified);
  const { red, green } = io.colours;
  for (const blob of verified.damaged) io.write(describe(io, blob));
  for (const problem of verified.repairedProblems ?? [])
    io.write(`${green('repaired')} ${printable(problem)}\n`);
  for (const problem of verified.problems) io.write(`${red('problem')} ${printable(problem)}\n`);
  const checked = `${count(verified.blobs, 'blob')} of ${formatBytes(verified.bytes)}`;
  const repaired = verified.damaged.filter((blob) => blob.repaired).length;
  const left = verified.damaged.length - repaired;
  if (verified.dropped > 0)
    io.write(
      `Dropped ${count(verified.dropped, 'damaged item')} of joined modules; a server makes them again.\n`,
    );
  if (repaired > 0) io.write(`Repaired ${count(repaired, 'blob')}.\n`);
  if (verified.sound) io.write(`${green('No damage')}: checked ${checked}, every manifest and index.\n`);
  else {
    const problems = verified.problems.length;
    const found = [
      left > 0 ? count(left, 'damaged blob') : '',
      problems > 0 ? count(problems, 'other problem') : '',
    ];
    const hint =
      left > 0 && repairFrom === undefined ? ' Repair with `modcast verify --repair-from <place>`.' : '';
    io.write(`${red('Damaged')}: ${found.filter(Boolean).join(' and ')} in ${checked}.${hint}\n`);
  }
}

/** The URL of a registry, or the absolute path of a database. `host:8000` is a URL unless a file. */
function repairPlace(io: Io, text: string): string {
  const file = path.resolve(io.cwd, text);
  const isHost = /^(?:\[[\da-f:.]+\]|[\w.-]+):\d+(?:\/|$)/i.test(text) && !existsSync(file);
  return isHost || /^https?:\/\//i.test(text) ? registryUrl(text).href : file;
}

function describe(io: Io, { hash, found, links, repaired, carriers }: DamagedBlob): string {
  const { red, green, dim } = io.colours;
  const state = repaired ? green('repaired') : red('damaged');
  const what = links === true ? '(its links)' : found === 0 ? '(its bytes are missing)' : '';
  const lines = [`${state} ${hash} ${dim(what)}`.trimEnd()];
  for (const carrier of carriers) lines.push(`  ${printable(carrier.path)} ${dim(where(carrier))}`);
  if (carriers.length === 0) lines.push(`  ${dim('no deploy uses it; `modcast gc` drops it')}`);
  return lines.map((line) => `${line}\n`).join('');
}

function where({ channel, from, to }: Carrier): string {
  return to === null ? `on ${channel} since deploy ${from}` : `on ${channel} from deploy ${from} to ${to}`;
}
