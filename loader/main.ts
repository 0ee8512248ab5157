import { Client } from './client.js';
import { readConfig } from './config.js';

// A second loader tag on a page changes nothing.
if (document.currentScript instanceof HTMLScriptElement && globalThis.modcast === undefined) {
  const client = new Client(readConfig(document.currentScript));
  globalThis.modcast = client.api;
  client.start();
}
