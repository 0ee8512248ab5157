import { Command, InvalidArgumentError, Option } from 'commander';
import { resolveDeploy } from '../../registry/history/index.js';
import {
  SEVERITIES,
  auditPackages,
  isAtLeast,
  type Finding,
  type Severity,
} from '../../registry/packages/audit.js';
import { deployPackages } from '../../registry/packages/deploy-packages.js';
import { npmRegistry, registryBase } from '../../registry/packages/npm-registry.js';
import { EMPTY_MANIFEST } from '../../schema/index.js';
import { EXIT, type Io } from '../io.js';
import { chooseChannel, NO_DEPLOYS } from '../options/choose-channel.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { jsonOption } from '../options/json-option.js';
import { REFS_HELP } from '../options/refs.js';
import { count } from '../output/format.js';
import { writeJson } from '../output/json.js';
import { formatTable } from '../output/table.js';
import { printable } from '../output/text.js';

interface AuditOptions extends DatabaseOptions {
  readonly level: Severity;
  readonly registry?: URL;
  readonly json?: true;
}

export function auditCommand(io: Io): Command {
  const command = new Command('audit')
    .summary("ask the npm registry for known vulnerabilities of a deploy's packages")
    .description(
      'Sends the names and versions of the packages that a deploy has files of to the npm registry, and prints the advisories that it knows. The exit code is 1 if one of them has the level or a worse one.',
    )
    .argument('[ref]', 'the deploy (default: the newest of production, else the newest of all)')
    .addOption(
      new Option('--level <severity>', 'the least severity that makes the exit code 1')
        .choices([...SEVERITIES])
        .default('low' satisfies Severity),
    )
    .option(
      '--registry <url>',
      'the npm registry to ask (default: what npm config get registry says)',
      (text) => {
        const url = registryBase(text);
        if (url === null) throw new InvalidArgumentError('a URL like https://registry.example.org/.');
        return url;
      },
    );
  jsonOption(
    databaseOption(command),
    '{deploy, registry, packages, findings: [{name, version, severity, title, url, vulnerable, fixedIn}]}; packages: how many were asked about; fixedIn: null if no version is',
  );
  return command
    .addHelpText(
      'after',
      `${REFS_HELP}

Examples:
  modcast audit
  modcast audit production --level high
  modcast audit 12 --registry https://registry.npmjs.org/`,
    )
    .action((ref: string | undefined, options: AuditOptions) => audit(io, ref, options));
}

async function audit(io: Io, ref: string | undefined, options: AuditOptions): Promise<void> {
  await withStore(io, options, async (store) => {
    const chosen = ref ?? (await chooseChannel(store, undefined));
    if (chosen === null) {
      const none = { deploy: null, registry: null, packages: 0, findings: [] };
      return options.json ? writeJson(io, none) : io.write(`${NO_DEPLOYS}\n`);
    }
    const { number } = await resolveDeploy(store, chosen, io.now());
    const { packages } = await deployPackages(store, (await store.manifest(number)) ?? EMPTY_MANIFEST);
    const registry =
      options.registry ?? (packages.length > 0 ? await npmRegistry(io.cwd, io.env) : undefined);
    const findings = registry === undefined ? [] : await auditPackages(packages, { registry });
    if (findings.some(({ severity }) => isAtLeast(severity, options.level))) io.exitCode = EXIT.failed;
    if (options.json) {
      const asked = registry === undefined ? null : registry.href;
      return writeJson(io, { deploy: number, registry: asked, packages: packages.length, findings });
    }
    if (packages.length === 0) return io.write(`Deploy ${number} has no packages.\n`);
    const asked = count(packages.length, 'package');
    if (findings.length === 0) {
      return io.write(`${io.colours.green('No known vulnerabilities')} in ${asked} of deploy ${number}.\n`);
    }
    io.write(table(io, findings));
    io.write(
      `\n${count(findings.length, 'advisory', 'advisories')} for ${asked} of deploy ${number}: ${sums(findings)}.\n`,
    );
  });
}

/** In a terminal the address of an advisory is below its row: cut, it would be of no use. */
function table(io: Io, findings: readonly Finding[]): string {
  const { red, yellow, dim } = io.colours;
  const paint = (text: string) =>
    /^(?:critical|high)/.test(text) ? red(text) : text.startsWith('moderate') ? yellow(text) : text;
  const isWide = io.columns === Infinity;
  const [head, ...rows] = formatTable(
    [
      { title: 'severity', paint },
      { title: 'package' },
      { title: 'version' },
      { title: 'fixed in' },
      { title: 'title', shrinks: true },
      ...(isWide ? [{ title: 'url' }] : []),
    ],
    findings.map((one) => [one.severity, one.name, one.version, one.fixedIn ?? 'none', one.title, one.url]),
    io.columns,
    dim,
  )
    .trimEnd()
    .split('\n');
  const below = (i: number) => (isWide ? [] : [dim(`  ${printable(findings[i]!.url)}`)]);
  return [head, ...rows.flatMap((row, i) => [row, ...below(i)])].map((line) => `${line}\n`).join('');
}

/** `1 critical, 2 high`, the worst first. */
const sums = (findings: readonly Finding[]): string =>
  SEVERITIES.toReversed()
    .map((level) => [findings.filter(({ severity }) => severity === level).length, level] as const)
    .filter(([n]) => n > 0)
    .map(([n, level]) => `${n.toLocaleString('en')} ${level}`)
    .join(', ');
