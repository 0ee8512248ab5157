import type { Release } from '../transport/channel-client.js';
import { createProblems, isOfPage } from './errors/error-display.js';
import type { Hot, HotPorts } from './ports.js';
import { listenToServer } from './server-news.js';
import { changedPaths } from './updates/changes.js';
import type { Cause } from './updates/reload-history.js';
import { causeOf, createReload, restoreScroll } from './updates/reload.js';

/** Hot reload of a page that runs without the registry's modules. Each change reloads the page. */
export function createNative(ports: HotPorts): Hot {
  const { channelClient } = ports;
  const { problems, editor } = createProblems(ports, {
    isUsed: ({ kind, path }) => kind === 'syntax' || kind === 'import' || isOfPage(ports, kind, path),
    reaches: () => false,
  });
  const reload = createReload(null, ports, problems);
  const changed = (deploy: number, paths: readonly string[], cause: Cause) => {
    if (ports.announce(deploy, paths, []))
      reload.start(`${paths.join(', ')} changed, and this page runs natively`, cause);
  };
  const assets = (paths: readonly string[], cause: Cause) =>
    changed(channelClient.head?.deploy ?? 0, paths, cause);
  listenToServer(ports, { problems, editor, assets, other() {} });
  let known: Release | undefined;
  channelClient.on('complete', ({ release }) => {
    const served = ports.config.hot?.deploy ?? release.deploy;
    // It is unknown which of the changes since then the page has.
    if (known === undefined && served !== release.deploy) {
      const reason = `deploy ${release.deploy} is newer than the page, which runs natively`;
      if (reload.start(reason, causeOf(release, false))) return;
    }
    const paths = known === undefined ? [] : changedPaths(known.manifest, release.manifest);
    known = release;
    if (paths.length > 0) changed(release.deploy, paths, causeOf(release, true));
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
