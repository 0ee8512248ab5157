import { Client } from './client.js';
import { readConfig } from './config.js';

// A second loader tag on a page changes nothing.
if (document.currentScript instanceof HTMLScriptElement && globalThis.modcast === undefined) {
  const client = new Client(readConfig(document.currentScript));
  // The page is to find the scripts that its author wrote.
  document.currentScript.remove();
  globalThis.modcast = client.api;
  client.start();
}
