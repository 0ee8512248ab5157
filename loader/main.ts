import { Boot } from './boot/boot.js';
import { runDirect } from './direct/run-direct.js';
import { readConfig, type LoaderConfig } from './config.js';
import { followDeploys } from './follow-deploys.js';
import type { Guard } from './guard/guard.js';
import { ownGuard } from './guard/own-guard.js';
import { createModcast } from './modcast.js';
import { createServices, type Services } from './services.js';
import { startWorkersFromDeploy } from './workers/start-workers.js';

/**
 * The guard that the server has put into the page. An author's own tag is not `async`, and needs none: the
 * page waits for it.
 */
function findGuard(script: HTMLScriptElement, { timeout, native }: LoaderConfig): Guard | null | undefined {
  const { nonce, src: loader, async } = script;
  if (globalThis.__modcast_guard__ !== undefined || (async && !native)) return globalThis.__modcast_guard__;
  return ownGuard({ nonce, loader, timeout, holds: !native });
}

function offer(services: Services): void {
  followDeploys(services);
  globalThis.modcast = createModcast(services);
  // For scripts that run before the loader.
  dispatchEvent(new Event('modcast'));
}

// A second loader tag on a page changes nothing.
if (document.currentScript instanceof HTMLScriptElement && globalThis.modcast === undefined) {
  const script = document.currentScript;
  const config = readConfig(script);
  const guard = config.direct ? undefined : findGuard(script, config);
  // The page should find only the scripts that its author wrote.
  script.remove();
  if (config.direct) {
    const services = createServices(config, { signal() {} });
    offer(services);
    void runDirect(services);
  } else if (guard === undefined) {
    console.info('modcast: this page runs without modcast: it has no guard, or its policy blocks that.');
  } else if (guard?.take() === true) {
    const services = createServices(config, guard);
    const boot = new Boot(services, guard);
    if (config.workers) startWorkersFromDeploy(services);
    offer(services);
    boot.start();
  }
}
