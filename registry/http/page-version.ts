import type { Head } from '../content/catalog.js';
import type { PageVersion } from '../pages/injected-pages.js';
import { loaderVersion, scriptIntegrity } from '../pages/loader-page.js';
import type { LoaderOptions } from '../pages/page-template.js';
import type { PageContext, PagePlace } from './page-context.js';

type Data = Readonly<Record<string, string>>;

/** The guard and the loader, with the settings that are the same for all pages of a registry. */
export async function loaderOptions(context: PageContext): Promise<LoaderOptions> {
  const { page, base, policies } = context;
  const prefix = base + context.prefix.slice(1);
  const { hot } = page;
  const [loader, hotScript] = [await context.loader(), await context.hot()];
  return {
    loaderSrc: `${prefix}loader.js?v=${loaderVersion(loader)}`,
    integrity: scriptIntegrity(loader),
    guard: await context.guard(),
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

/** The version of a page of the site. */
export async function pageVersion(
  context: PageContext,
  head: Head,
  { path, name }: PagePlace,
): Promise<PageVersion> {
  const { hot } = context.page;
  return {
    loader: await loaderOptions(context),
    key: deployKey(context, head),
    manifest: head.manifest,
    data: (hash) => ({
      ...deployData(context, head),
      // With the page's own hash, the loader can tell when the page has changed.
      ...(hot === null ? {} : { hotPage: hash }),
      ...(hot === null || path === name ? {} : { hotFile: name }),
    }),
  };
}
