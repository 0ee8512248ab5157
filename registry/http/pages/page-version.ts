import type { Head } from '../../content/catalog.js';
import type { PageVersion } from '../../pages/injected-pages.js';
import type { DirectStart } from '../../fuse/direct-fusions.js';
import type { LoaderScript } from '../../pages/inject-page.js';
import { loaderVersion, scriptIntegrity } from '../../pages/loader-page.js';
import type { LoaderOptions } from '../../pages/page-template.js';
import type { LoaderName } from '../../pages/read-loader.js';
import type { PageContext, PagePlace } from './page-context.js';

type Data = Readonly<Record<string, string>>;

/** The guard and the loader, with the settings that are the same for all pages of a registry. */
export async function loaderOptions(context: PageContext): Promise<LoaderOptions> {
  const { page, base, policies } = context;
  const prefix = base + context.prefix.slice(1);
  const { hot } = page;
  const script = async (name: LoaderName): Promise<LoaderScript> => {
    const bytes = await context.loader(name);
    return { src: `${prefix}${name}?v=${loaderVersion(bytes)}`, integrity: scriptIntegrity(bytes) };
  };
  const hotScript = await context.hot();
  const standalone = await script('loader.js');
  return {
    loader: page.fuse ? await script('fused-loader.js') : standalone,
    standalone,
    guard: await context.guard(),
    direct: page.fuse && hot === null,
    ...(policies === undefined ? {} : { policies }),
    ...(hot === null ? {} : { noticeSrc: `${prefix}notice.js?reason=` }),
    data: {
      channel: page.channel,
      boot: page.boot,
      ...(base === '/' ? {} : { root: base }),
      workers: '',
      timeout: String(page.timeout),
      ...(page.progress ? { progress: '' } : {}),
      ...(hot === null ? {} : { hot: loaderVersion(hotScript), hotIntegrity: scriptIntegrity(hotScript) }),
      ...(hot === null || hot.overlay ? {} : { hotOverlay: 'off' }),
    },
  };
}

/** What identifies a deploy and the files that are in none. */
export const deployKey = ({ page }: PageContext, { deploy }: Head): string =>
  `${deploy.number} ${deploy.manifest} ${page.hot?.assetChanges()}`;

/** The settings that name a deploy. */
export function deployData({ page, identity }: PageContext, { deploy }: Head): Data {
  return {
    registry: identity,
    deploy: `${deploy.number} ${deploy.manifest}`,
    // No file has changed since the page was made, so its time stands for the times of all requests.
    ...(page.hot === null ? {} : { hotDeploy: String(deploy.number), hotServed: String(Date.now()) }),
  };
}

/** The settings of offline use. Only pages with `Modcast-Page` have it: the service worker reads that. */
async function offlineData({ page, offlinePage }: PageContext): Promise<Data> {
  if (page.offline === 'off') return {};
  const script = await offlinePage();
  return {
    offline: loaderVersion(script),
    offlineIntegrity: scriptIntegrity(script),
    ...(page.offline === 'all' ? { offlineAll: '' } : {}),
  };
}

/** What all pages of a deploy that start without the loader have. */
async function directOptions(context: PageContext, start: DirectStart) {
  const prefix = context.base + context.prefix.slice(1);
  const fallback = await context.directFallback();
  return {
    start,
    prefix,
    starter: await context.starter(),
    fallback: `${prefix}direct-fallback.js?v=${loaderVersion(fallback)}`,
  };
}

/** The version of a page of the site. */
export async function pageVersion(
  context: PageContext,
  head: Head,
  { name }: PagePlace,
): Promise<PageVersion> {
  const { hot } = context.page;
  const options = await loaderOptions(context);
  const direct = options.direct === true ? await context.direct.of(head) : undefined;
  return {
    loader: { ...options, data: { ...options.data, ...(await offlineData(context)) } },
    key: `${deployKey(context, head)} ${direct?.hash}`,
    ...(direct && { direct: await directOptions(context, direct) }),
    manifest: head.manifest,
    data: (hash) => ({
      ...deployData(context, head),
      // With the page's own hash, the loader can tell when the page has changed.
      // Its path is as in a manifest: a URL may use another form.
      ...(hot === null ? {} : { hotPage: hash, hotFile: name.normalize('NFC') }),
    }),
  };
}
