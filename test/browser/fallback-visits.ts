import { afterEach, beforeEach } from 'vitest';
import type { RegistryOptions } from '../../registry/index.js';
import { booted, counted, countedFiles, STATIC_MODULES, TemporarySite } from './counted-site.js';
import type { BrowserPage, Engine } from './engines/engine.js';
import { sharedContext } from './engines/shared-context.js';
import { GatedSite } from './gated-site.js';

declare global {
  var nextDeploy: Promise<{ deploy: number; running: number | null }>;
}

/** Pages that wait for the socket wait longer than any machine is slow. */
export const PATIENT = { timeout: 25_000 };

/** Pages that do not wait for the socket. */
export const IMPATIENT = { timeout: 1 };

/** All that a page has evaluated after `importLater`. */
export const LATER = [...STATIC_MODULES, 'later', 'deep'];
/** Files of the static closure. The inline script is not in the registry. */
export const FILES = ['/main.mjs', '/lib/a.mjs', '/lib/b.mjs', '/lib/c.mjs'];

export const files = (version: number): Record<string, string> => {
  const pages = countedFiles(version);
  const own = (attributes: string) =>
    pages['index.html']!.replace('<title>', `<script src="/-/loader.js" ${attributes}></script><title>`);
  return {
    ...pages,
    'impatient.html': own('data-timeout="1"'),
    'stalled.html': own('data-timeout="25000" data-stall="300"'),
    'mute.html': own('data-timeout="1" data-stall="300"'),
    'blank.txt': '',
    'unlisted.mjs': counted('unlisted', version),
  };
};

/** Opens a page that the end of the test closes. */
export let newPage: () => Promise<BrowserPage>;
export let directory: TemporarySite;
export let site: GatedSite;

/** Gives each test of the group a directory, a server and so an origin of its own, and clears up after it. */
export function eachOnItsOwnSite(engine: Engine): void {
  beforeEach(async () => {
    directory = await TemporarySite.create(files(1));
  });

  afterEach(async () => {
    await site.close();
    await directory.close();
  });

  const open = sharedContext(engine);
  beforeEach(() => void (newPage = open));
}

export async function serve(options: RegistryOptions = PATIENT): Promise<void> {
  site = await GatedSite.open({ directory: directory.directory, ...options });
}

/** Opens a page, up to where the loader is there; its modules may still be on their way. */
export async function visit(path = '', page?: BrowserPage): Promise<BrowserPage> {
  const visited = page ?? (await newPage());
  await visited.goto(site.url + path);
  await visited.until(() => globalThis.modcast !== undefined);
  return visited;
}

export async function deploy(version: number): Promise<void> {
  await directory.write(files(version));
  await site.registry.scan();
}

/** A visit after which the cache holds the whole deploy. */
export async function fillCache(): Promise<void> {
  const page = await visit();
  await booted(page);
  await page.until(() => modcast!.stats().deploy !== null);
  await page.evaluate(() => modcast!.idle());
  await page.close();
  await site.relay.emptied();
  site.clear();
}

/** Resolves with the next deploy that the page hears of. */
export async function nextDeploy(
  page: BrowserPage,
): Promise<{ result: Promise<{ deploy: number; running: number | null }> }> {
  await page.evaluate(() => {
    globalThis.nextDeploy = new Promise((resolve) => modcast!.on('deploy', resolve));
  });
  return { result: page.evaluate(() => globalThis.nextDeploy) };
}

export function nameOf(path: string): string {
  return /([^/]+)\.mjs$/.exec(path)![1]!;
}
