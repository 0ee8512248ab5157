import { Command, InvalidArgumentError, Option } from 'commander';
import { pageMap, resolveDeploy, type PageMap, type Targets } from '../../registry/history/index.js';
import type { Manifest } from '../../schema/index.js';
import { databaseOption, withStore, type DatabaseOptions } from '../options/database.js';
import { NO_DEPLOYS, REFS_HELP, chooseChannel } from '../output/history.js';
import type { Io } from '../io.js';

interface MapOptions extends DatabaseOptions {
  targets: Targets;
  base?: string;
  html?: true;
  integrity?: true;
}

/** Stands for the page's own origin where no other is given, and is taken off again. */
const HERE = 'https://modcast.invalid';

export function mapCommand(io: Io): Command {
  return databaseOption(
    new Command('map')
      .summary("print a deploy's import map, for pages rendered elsewhere")
      .description(
        "Prints the import map by which a page runs a deploy's modules without the loader. Its keys are the natural URLs, on the origin of --base where that is a whole URL.",
      )
      .argument('[ref]', 'the deploy (default: the head of production, else of the newest channel)')
      .addOption(
        new Option(
          '--targets <kind>',
          "http: the registry's immutable, linked modules; path: the deploy's files as they are",
        )
          .choices(['http', 'path'] satisfies Targets[])
          .default('http'),
      )
      .option(
        '--base <url>',
        'where the targets lie (default: /-/ for http, /-/deploys/<number>/at/ for path)',
        baseUrl,
      )
      .option('--html', 'as markup: the import map, and modulepreload links of what the entries import')
      .option('--integrity', 'with the SHA-384 of what is served at each target'),
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
  const isWhole = /^https?:\/\//.test(text) && URL.canParse(text);
  const url = isWhole || /^\/(?!\/)/.test(text) ? new URL(text, HERE) : undefined;
  if (url === undefined || url.search !== '' || url.hash !== '') {
    throw new InvalidArgumentError('a URL like https://example.org/-/, or a path like /-/.');
  }
  const href = url.origin === HERE ? url.pathname : url.href;
  return href.endsWith('/') ? href : `${href}/`;
}

async function map(io: Io, ref: string | undefined, options: MapOptions): Promise<void> {
  await withStore(io, options, async (store) => {
    const chosen = ref ?? (await chooseChannel(store, undefined));
    if (chosen === null) return io.write(`${NO_DEPLOYS}\n`);
    const deploy = await resolveDeploy(store, chosen, io.now());
    const manifest: Manifest = (await store.manifest(deploy.number))!;
    const base = options.base ?? (options.targets === 'http' ? '/-/' : `/-/deploys/${deploy.number}/at/`);
    const made = await pageMap(store, manifest, {
      targets: options.targets,
      root: `${new URL(base, HERE).origin}/`,
      base,
      integrity: options.integrity === true,
    });
    const json = JSON.stringify(made.map, null, 2).replaceAll(`"${HERE}/`, '"/');
    io.write(options.html ? markup(json, made) : `${json}\n`);
  });
}

const escapeAttribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

/** In a script element only `<` can end it, or begin a comment. */
function markup(json: string, { preloads }: PageMap): string {
  const links = preloads.map(({ href, integrity }) => {
    const check = integrity === undefined ? '' : ` integrity="${integrity}"`;
    const origin = href.startsWith('/') ? '' : ' crossorigin';
    return `<link rel="modulepreload" href="${escapeAttribute(href)}"${check}${origin}>\n`;
  });
  return `<script type="importmap">\n${json.replaceAll('<', '\\u003c')}\n</script>\n${links.join('')}`;
}
