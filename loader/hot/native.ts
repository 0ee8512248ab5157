import type { Release } from '../transport/channel-client.js';
import { createProblems, isOfPage } from './errors/error-display.js';
import type { Hot, HotPorts } from './ports.js';
import { listenToServer } from './server-news.js';
import { changedPaths } from './updates/changes.js';
import { Reload, restoreScroll } from './updates/reload.js';

/** Hot reload of a page that runs without the registry's modules. Each change reloads the page. */
export function createNative(ports: HotPorts): Hot {
  const { channelClient } = ports;
  const { problems, editor } = createProblems(ports, {
    isUsed: ({ kind, path }) => kind === 'syntax' || kind === 'import' || isOfPage(ports, kind, path),
    reaches: () => false,
  });
  const reload = new Reload(null, ports);
  const changed = (deploy: number, paths: readonly string[]) => {
    if (ports.announce(deploy, paths))
      reload.start(`${paths.join(', ')} changed, and this page runs natively`);
  };
  const assets = (paths: readonly string[]) => changed(channelClient.head?.deploy ?? 0, paths);
  listenToServer(ports, { problems, editor, assets, other() {} });
  let known: Release | undefined;
  channelClient.on('complete', ({ release }) => {
    const served = ports.config.hot?.deploy ?? release.deploy;
    // It is unknown which of the changes since then the page has.
    if (known === undefined && served !== release.deploy)
      return reload.start(`deploy ${release.deploy} is newer than the page, which runs natively`);
    const paths = known === undefined ? [] : changedPaths(known.manifest, release.manifest);
    known = release;
    if (paths.length > 0) changed(release.deploy, paths);
  });
  const unused = () => Promise.reject(new Error('this page runs natively'));
  return {
    context: unused as never,
    import: unused,
    newest: (url) => import(url),
    prefetch: () => Promise.resolve(),
    booted: restoreScroll,
    idle: () => reload.stays(),
  };
}
