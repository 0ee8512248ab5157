import { Command, InvalidArgumentError, Option } from 'commander';
import { deployMap, resolveDeploy, type DeployMap, type MapTargets } from '../../registry/history/index.js';
import { createServed } from '../../registry/transform/index.js';
import type { Manifest } from '../../schema/index.js';
import type { Io } from '../io.js';
import { NO_DEPLOYS, chooseChannel } from '../options/choose-channel.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { REFS_HELP } from '../options/refs.js';

interface MapOptions extends DatabaseOptions {
  targets: MapTargets;
  base?: string;
  html?: true;
  integrity?: true;
}

/** Stands for the page's own origin if --base names no other. Removed from the output. */
const PAGE_ORIGIN = 'https://modcast.invalid';

export function mapCommand(io: Io): Command {
  return databaseOption(
    new Command('map')
      .summary("print a deploy's import map, for pages rendered elsewhere")
      .description(
        "Prints an import map. With it, a page that another server renders runs a deploy's modules without the modcast loader. Its keys are the modules' natural URLs; if --base has an origin, they are on that origin.",
      )
      .argument('[ref]', 'the deploy (default: the newest of production, else the newest of all)')
      .addOption(
        new Option(
          '--targets <kind>',
          "what the map points to. http: linked modules with immutable URLs; path: the deploy's files",
        )
          .choices(['http', 'path'] satisfies MapTargets[])
          .default('http'),
      )
      .option(
        '--base <url>',
        'URL or path of the targets (default: /-/ for http, /-/deploys/<number>/at/ for path)',
        baseUrl,
      )
      .option(
        '--html',
        'print HTML: the import map, and modulepreload links for the modules that the entries import',
      )
      .option('--integrity', 'add the SHA-384 of each target'),
  )
    .addHelpText(
      'after',
      `${REFS_HELP}

Examples:
  modcast map production --html
  modcast map 12 --base https://modules.example.org/-/ --integrity
  modcast map 12 --targets path --base https://cdn.example.org/site/12/ --html`,
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
  await withStore(io, options, async (store) => {
    const chosen = ref ?? (await chooseChannel(store, undefined));
    if (chosen === null) return io.write(`${NO_DEPLOYS}\n`);
    const deploy = await resolveDeploy(store, chosen, io.now());
    const { store: served } = createServed({ store });
    const manifest: Manifest = (await served.manifest(deploy.number))!;
    const base = options.base ?? (options.targets === 'http' ? '/-/' : `/-/deploys/${deploy.number}/at/`);
    const made = await deployMap(served, manifest, {
      targets: options.targets,
      root: `${new URL(base, PAGE_ORIGIN).origin}/`,
      base,
      integrity: options.integrity === true,
    });
    const json = JSON.stringify(made.map, null, 2).replaceAll(`"${PAGE_ORIGIN}/`, '"/');
    io.write(options.html ? markup(json, made) : `${json}\n`);
  });
}

const escapeAttribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

/** Escapes `<`: in a script element it could end the element or begin a comment. */
function markup(json: string, { preloads }: DeployMap): string {
  const links = preloads.map(({ href, integrity }) => {
    const check = integrity === undefined ? '' : ` integrity="${integrity}"`;
    const origin = href.startsWith('/') ? '' : ' crossorigin';
    return `<link rel="modulepreload" href="${escapeAttribute(href)}"${check}${origin}>\n`;
  });
  return `<script type="importmap">\n${json.replaceAll('<', '\\u003c')}\n</script>\n${links.join('')}`;
}
