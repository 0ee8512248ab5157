/**
 * `node ingest-once.mjs <directory> <database>`: reads a directory into a registry and prints the time as
 * JSON. The time does not include loading the code and closing the registry.
 */
import { createRegistry } from '../../dist/registry/index.js';

const [directory, database] = process.argv.slice(2);
if (directory === undefined || database === undefined)
  throw new Error('Usage: ingest-once.mjs <directory> <database>');

const start = performance.now();
const registry = createRegistry({ directory, database, channel: 'dev', watch: false });
const result = await registry.ready;
const ms = performance.now() - start;
await registry.close();
console.log(JSON.stringify({ ms, deploy: result?.deploy.number, modules: result?.deploy.modules }));
