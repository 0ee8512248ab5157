import { spawn } from 'node:child_process';
import { once } from 'node:events';

const URL_IN_TEXT = /https?:\/\/(?:127\.0\.0\.1|localhost):\d+/;
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;

/**
 * @typedef {object} ServerProcess
 * @property {string} origin
 * @property {() => Promise<void>} close
 */

/**
 * Starts a Node program that prints its URL once it accepts requests. Every subject runs in a separate
 * process, because in the bench's process it would share the event loop with the relay and the browser's
 * driver.
 *
 * @param {string} name for messages
 * @param {string[]} args of `node`
 * @returns {Promise<ServerProcess>}
 */
export async function startServerProcess(name, args) {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let output = '';
  const ended = once(child, 'exit');

  const close = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(force);
  };

  /** @type {Promise<string>} */
  const origin = new Promise((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`${name} printed no URL in ${START_LIMIT_MS / 1000} s:\n${output}`)),
      START_LIMIT_MS,
    );
    const read = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk).slice(-10_000);
      const found = URL_IN_TEXT.exec(output);
      if (found === null) return;
      clearTimeout(limit);
      resolve(found[0]);
    };
    child.stdout.on('data', read);
    // Drains stderr so that its pipe cannot fill up. The URL is on stdout.
    child.stderr.on('data', (/** @type {Buffer} */ chunk) => {
      output = (output + chunk).slice(-10_000);
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(limit);
      reject(new Error(`${name} ended with ${signal ?? code} before it served:\n${output}`));
    });
  });

  try {
    return { origin: await origin, close };
  } catch (error) {
    await close();
    throw error;
  }
}
