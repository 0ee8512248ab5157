import { Command, InvalidArgumentError, Option } from 'commander';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ImportMapJson } from '../../importmap/index.js';
import {
  cdnMap,
  deployMap,
  resolveDeploy,
  siteMap,
  type Cdn,
  type DeployMap,
  type MapTargets,
} from '../../registry/history/index.js';
import { writeImportMap } from '../../registry/pages/write-import-map.js';
import type { Store } from '../../registry/store/store.js';
import { createServed } from '../../registry/transform/index.js';
import { ModcastError, type Manifest } from '../../schema/index.js';
import type { Io } from '../io.js';
import { NO_DEPLOYS, chooseChannel } from '../options/choose-channel.js';
import { configOption, ownTransforms, type ConfigOptions } from '../options/config.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { REFS_HELP } from '../options/refs.js';

interface MapOptions extends ConfigOptions, DatabaseOptions {
  targets?: MapTargets | 'site' | 'cdn';
  cdn: Cdn;
  write?: string;
  base?: string;
  html?: true;
  integrity?: true;
}

/** Stands for the page's own origin if --base names no other. Removed from the output. */
const PAGE_ORIGIN = 'https://modcast.invalid';

export function mapCommand(io: Io): Command {
  const command = configOption(
    new Command('map')
      .summary("print a deploy's import map, for pages rendered elsewhere")
      .description(
        "Prints an import map. With it, a page that another server renders runs a deploy's modules without the modcast loader. Its keys are the modules' natural URLs; if --base has an origin, they are on that origin.",
      )
      .argument('[ref]', 'the deploy (default: the newest of production, else the newest of all)')
      .addOption(
        new Option(
          '--targets <kind>',
          "what the map points to. http: linked modules with immutable URLs; path: the deploy's files; site: only names, with the site's own paths; cdn: only names, with the URLs of a public host of npm packages (default: http; with --write, site)",
        ).choices(['http', 'path', 'site', 'cdn'] satisfies MapOptions['targets'][]),
      )
      .addOption(
        new Option('--cdn <host>', 'the public host of --targets cdn')
          .choices(['esm.sh', 'jspm', 'unpkg'] satisfies Cdn[])
          .default('esm.sh'),
      )
      .option(
        '--base <url>',
        'URL or path of the targets (default: /-/ for http, /-/deploys/<number>/at/ for path, / for site)',
        baseUrl,
      )
      .option(
        '--html',
        'print HTML: the import map, and modulepreload links for the modules that the entries import',
      )
      .option('--integrity', 'add the SHA-384 of each target')
      .option('--write <page>', 'put the map into this HTML file, or bring it up to date there'),
  );
  return databaseOption(command)
    .addHelpText(
      'after',
      `${REFS_HELP}

Examples:
  modcast map production --html
  modcast map 12 --base https://modules.example.org/-/ --integrity
  modcast map 12 --targets path --base https://cdn.example.org/site/12/ --html
  modcast map --targets cdn --cdn jspm     names of packages, for a page elsewhere
  modcast map --write public/index.html    for a page that is served without modcast`,
    )
    .action((ref: string | undefined, options: MapOptions) => map(io, ref, options));
}

function baseUrl(text: string): string {
  const hasOrigin = /^https?:\/\//.test(text) && URL.canParse(text);
  const url = hasOrigin || /^\/(?!\/)/.test(text) ? new URL(text, PAGE_ORIGIN) : undefined;
  if (url === undefined || url.search !== '' || url.hash !== '') {
    throw new InvalidArgumentError('a URL like https://example.org/-/, or a path like /-/.');
  }
  const href = url.origin === PAGE_ORIGIN ? url.pathname : url.href;
  return href.endsWith('/') ? href : `${href}/`;
}

async function map(io: Io, ref: string | undefined, options: MapOptions): Promise<void> {
  const targets = options.targets ?? (options.write === undefined ? 'http' : 'site');
  refuseIntegrity(targets, options);
  const transforms = await ownTransforms(io, options);
  await withStore(io, options, async (store) => {
    const chosen = ref ?? (await chooseChannel(store, undefined));
    if (chosen === null) return io.write(`${NO_DEPLOYS}\n`);
    const deploy = await resolveDeploy(store, chosen, io.now());
    const { store: served } = createServed({ store, transforms });
    const manifest: Manifest = (await served.manifest(deploy.number))!;
    const made = await mapOf(served, deploy.number, manifest, targets, options);
    const json = JSON.stringify(made.map, null, 2).replaceAll(`"${PAGE_ORIGIN}/`, '"/');
    if (options.write === undefined) return io.write(options.html ? markup(json, made) : `${json}\n`);
    const file = path.resolve(io.cwd, options.write);
    const html = await readFile(file);
    const links = options.html ? preloadLinks(made) : [];
    const written = writeImportMap(html, JSON.parse(json) as ImportMapJson, links);
    if (html.equals(written))
      return io.write(`${options.write} is up to date with deploy ${deploy.number}.\n`);
    await writeFile(file, written);
    io.write(`${options.write} has the import map of deploy ${deploy.number}.\n`);
  });
}

async function mapOf(
  store: Store,
  number: number,
  manifest: Manifest,
  targets: MapOptions['targets'] & string,
  options: MapOptions,
): Promise<DeployMap> {
  if (targets === 'http' || targets === 'path') {
    const base = options.base ?? (targets === 'http' ? '/-/' : `/-/deploys/${number}/at/`);
    const root = `${new URL(base, PAGE_ORIGIN).origin}/`;
    return deployMap(store, manifest, { targets, root, base, integrity: options.integrity === true });
  }
  const found =
    targets === 'cdn'
      ? await cdnMap(store, manifest, options.cdn)
      : await siteMap(store, manifest, options.base ?? '/');
  if (found === null) {
    const message = `deploy ${number} has no packages; --targets http and path print a map of its own modules`;
    throw new ModcastError('option-invalid', message, { expected: 'a deploy with packages', found: number });
  }
  const addresses = [...new Set(Object.values(found.imports ?? {}))].filter((href) => href !== null);
  return { map: found, preloads: addresses.map((href) => ({ href, integrity: undefined })) };
}

/** @throws ModcastError `option-invalid` */
function refuseIntegrity(targets: string, { integrity }: MapOptions): void {
  if (integrity !== true || targets === 'http' || targets === 'path') return;
  const expected = '--targets http or path';
  const message = `--integrity needs ${expected}: what ${targets === 'cdn' ? 'another host sends' : 'a page gets later'} is not known`;
  throw new ModcastError('option-invalid', message, { expected, found: targets });
}

const escapeAttribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

const preloadLinks = ({ preloads }: DeployMap): string[] =>
  preloads.map(({ href, integrity }) => {
    const check = integrity === undefined ? '' : ` integrity="${integrity}"`;
    const origin = href.startsWith('/') ? '' : ' crossorigin';
    return `<link rel="modulepreload" href="${escapeAttribute(href)}"${check}${origin}>`;
  });

/** Escapes `<`: in a script element it could end the element or begin a comment. */
function markup(json: string, made: DeployMap): string {
  const links = preloadLinks(made).map((link) => `${link}\n`);
  return `<script type="importmap">\n${json.replaceAll('<', '\\u003c')}\n</script>\n${links.join('')}`;
}
