/**
 * `node ingest-once.mjs <directory> <database>`: reads a directory into a registry and prints how long that took, as
 * JSON. The time does not include loading the registry's code, nor closing it.
 */
import { createRegistry } from '../../dist/registry/index.js';

const [directory, database] = process.argv.slice(2);

const start = performance.now();
const registry = await createRegistry({ directory, database, channel: 'dev', watch: false });
await registry.ready;
const ms = performance.now() - start;
const head = await registry.head();
await registry.close();
console.log(JSON.stringify({ ms, deploy: head.number, modules: head.modules }));
