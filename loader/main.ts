import { Boot } from './boot/boot.js';
import { readConfig } from './config.js';
import { followDeploys } from './follow-deploys.js';
import { createModcast } from './modcast.js';
import { createServices } from './services.js';

// A second loader tag on a page changes nothing.
if (document.currentScript instanceof HTMLScriptElement && globalThis.modcast === undefined) {
  const services = createServices(readConfig(document.currentScript));
  const boot = new Boot(services);
  followDeploys(services);
  // The page should find only the scripts that its author wrote.
  document.currentScript.remove();
  globalThis.modcast = createModcast(services);
  boot.start();
}
