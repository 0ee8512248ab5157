// JavaScript, because Node 20 runs no TypeScript: Vite loads the rest.
import { runnerImport } from 'vite';

/** @typedef {typeof import('./command.js')} Command */

const file = new URL('command.ts', import.meta.url);
const { module } = /** @type {{ module: Command }} */ (
  await runnerImport(file.pathname, { configFile: false, logLevel: 'error' })
);
process.exitCode = await module.run(process.argv.slice(2), {
  write: (text) => void process.stdout.write(text),
  progress: (text) => void process.stderr.write(text),
});
