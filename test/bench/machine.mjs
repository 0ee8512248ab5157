import os from 'node:os';
import { browserVersion } from './browser.mjs';

/**
 * @param {string} engine of the browser
 * @param {string} directory for temporary files
 * @returns {Promise<string>} one line about the machine; the load is the one at the start of the bench
 */
export async function machineLine(engine, directory) {
  const cpus = os.cpus();
  const model = cpus[0]?.model.trim() ?? os.arch();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  return `${model}, ${cpus.length} cores, ${memory} GB, load ${os.loadavg()[0]?.toFixed(1)}; ${os.type()} ${os.release()}; Node ${process.versions.node}; ${await browserVersion(engine, directory)}`;
}
