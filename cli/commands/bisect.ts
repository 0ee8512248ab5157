import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import {
  bisect,
  channelDeploys,
  deployChanges,
  resolveDeploy,
  tagsByDeploy,
  type BisectResult,
  type Change,
  type DeployTags,
  type Verdict,
} from '../../registry/history/index.js';
import { exportDeploy } from '../../registry/export/index.js';
import type { Deploy, Store } from '../../registry/index.js';
import { ModcastError } from '../../schema/index.js';
import { EXIT, type Io } from '../io.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonOption } from '../options/json-option.js';
import { REFS_HELP } from '../options/refs.js';
import { changeList } from '../output/changes.js';
import { deployHead } from '../output/deploy.js';
import { count } from '../output/format.js';
import { changeJson, deployJson, writeJson } from '../output/json.js';

interface BisectOptions extends DatabaseOptions {
  run: string;
  json?: true;
}

/** Exit codes of the test command with a meaning of their own, as for `git bisect run`. */
const SKIP = 125;
const NOT_RUN = [126, 127];
const ABORT = 128;

export function bisectCommand(io: Io): Command {
  const command = new Command('bisect')
    .summary('find the first bad deploy by running a command')
    .description(
      `Finds the first bad deploy between a good deploy and a later bad one of the same channel, by binary search. For each deploy that it tries, it writes the files to a temporary directory and runs the command there, with MODCAST_DEPLOY set to the deploy's number. Exit code 0 means good, ${SKIP} means skip this deploy, any other code up to 127 means bad. A code from ${ABORT} on, or a command that is not found, stops the search. The two ends are tried first: if the good one fails or the bad one succeeds, bisect says so and exits with 1.`,
    )
    .argument('<good>', 'a deploy without the bug')
    .argument('<bad>', 'a later deploy of the same channel with the bug')
    .requiredOption('--run <command>', 'the test: a shell command');
  jsonOption(
    databaseOption(command),
    'state (found, skipped, mistaken), deploy (the first bad one; if mistaken, the end that is not as given), changes, among, steps: a list of deploy, verdict',
  );
  return command
    .addHelpText(
      'after',
      `${REFS_HELP}

Examples:
  modcast bisect 12 production --run 'node test.mjs'
  modcast bisect production~40 production --run 'grep -q "const LIMIT = 8" lib/limits.mjs'`,
    )
    .action((good: string, bad: string, options: BisectOptions) => run(io, good, bad, options));
}

async function run(io: Io, goodRef: string, badRef: string, options: BisectOptions): Promise<void> {
  await withStore(io, options, async (store) => {
    const good = await resolveDeploy(store, goodRef, io.now());
    const bad = await resolveDeploy(store, badRef, io.now());
    const deploys = await deploysBetween(store, good, bad);
    const steps: { deploy: number; verdict: Verdict }[] = [];
    const { green, red, yellow, dim } = io.colours;
    const paint = { good: green, bad: red, skip: yellow };
    const result = await bisect(
      deploys,
      (deploy) => judge(io, store, deploy, options.run),
      ({ deploy, verdict, left }) => {
        steps.push({ deploy: deploy.number, verdict });
        if (options.json) return;
        io.write(
          `deploy ${deploy.number} is ${paint[verdict](verdict === 'skip' ? 'skipped' : verdict)} ${dim(`· ${count(left, 'deploy')} left`)}\n`,
        );
      },
    );
    if (result.state !== 'found') io.exitCode = EXIT.failed;
    const changes = result.state === 'found' ? await deployChanges(store, result.deploy.number) : null;
    const tags = await tagsByDeploy(store);
    if (options.json) {
      writeJson(io, {
        state: result.state,
        deploy: result.state === 'skipped' ? null : deployJson(result.deploy, tags),
        changes: changes?.map(changeJson) ?? null,
        among: result.state === 'skipped' ? result.among.map(({ number }) => number) : [],
        steps,
      });
    } else if (result.state === 'mistaken') io.error(`${io.colours.red('modcast:')} ${mistake(result)}\n`);
    else io.write(describe(io, result, changes, tags));
  });
}

type Mistaken = Extract<BisectResult, { state: 'mistaken' }>;

const mistake = ({ deploy: { number }, verdict }: Mistaken): string =>
  verdict === 'bad'
    ? `deploy ${number} was given as good, but the command fails there. Check both ends`
    : `deploy ${number} was given as bad, but the command succeeds there. Check both ends`;

function describe(
  io: Io,
  result: Exclude<BisectResult, Mistaken>,
  changes: readonly Change[] | null,
  tags: DeployTags,
): string {
  if (result.state === 'found') {
    const head = deployHead(io, result.deploy, 'relative', tags);
    return `\nThe first bad deploy is ${result.deploy.number}:\n${head}\n${changeList(io, changes)}`;
  }
  return `\nThe others were skipped. The first bad deploy is one of ${result.among.map(({ number }) => number).join(', ')}.\n`;
}

/** The deploys from the good one to the bad one, both included. */
async function deploysBetween(store: Store, good: Deploy, bad: Deploy): Promise<Deploy[]> {
  if (good.channel !== bad.channel || good.number >= bad.number) {
    const found =
      good.channel === bad.channel
        ? `${good.number} is not before ${bad.number}`
        : `${good.number} is on ${good.channel}, ${bad.number} on ${bad.channel}`;
    throw new ModcastError(
      'option-invalid',
      `the good deploy must be before the bad one on its channel: ${found}`,
      {
        expected: 'an earlier deploy of the same channel',
        found: good.number,
      },
    );
  }
  const deploys: Deploy[] = [];
  for await (const deploy of channelDeploys(store, bad.channel, bad.number)) {
    deploys.unshift(deploy);
    if (deploy.number <= good.number) break;
  }
  return deploys;
}

async function judge(io: Io, store: Store, deploy: Deploy, command: string): Promise<Verdict> {
  const directory = await mkdtemp(path.join(tmpdir(), `modcast-bisect-${deploy.number}-`));
  try {
    await exportDeploy({ store, deploy: deploy.number, directory, force: false });
    const child = spawn(command, {
      shell: true,
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...io.env, MODCAST_DEPLOY: String(deploy.number) },
    });
    // Standard output is for the result of bisect.
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => io.error(text));
    }
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (code === 0) return 'good';
    if (code === SKIP) return 'skip';
    if (code !== null && code < ABORT && !NOT_RUN.includes(code)) return 'bad';
    const ended = signal === null ? `exit code ${code}` : signal;
    throw new ModcastError(
      'command-failed',
      `deploy ${deploy.number} could not be tested: the command ended with ${ended}. Use 0 for good, 1 to 124 for bad, 125 for skip`,
      {
        expected: `exit code 0 (good), ${SKIP} (skip), or another one below ${ABORT} (bad)`,
        found: code ?? signal,
      },
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
