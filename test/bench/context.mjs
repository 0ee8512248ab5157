import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { makeCertificate } from '../nginx.mjs';
import { launchFresh } from './browser.mjs';

/**
 * The argument of every bench.
 *
 * @typedef {object} BenchContext
 * @property {import('./options.mjs').Options} options
 * @property {string} directory a temporary directory, removed at the end
 * @property {() => Promise<string>} makeDirectory creates an empty directory in it
 * @property {() => import('../nginx.mjs').Certificate} certificate the one of all servers with TLS, made when first
 *   asked for
 * @property {<T>(use: (browser: import('./browser.mjs').Browser) => Promise<T>) => Promise<T>} inFreshBrowser lends a
 *   browser with an empty profile, which trusts that certificate
 * @property {(line: string) => void} progress
 * @property {(close: () => Promise<void>) => void} defer registers a function that runs at the end or on an
 *   interrupt, last one first; it must tolerate a second call
 */

/**
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<BenchContext & { close: () => Promise<void> }>}
 */
export async function openContext(options) {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'modcast-bench-'));
  /** @type {(() => Promise<void>)[]} */
  const closers = [];
  const defer = (/** @type {() => Promise<void>} */ close) => void closers.push(close);
  /** @type {import('../nginx.mjs').Certificate | undefined} */
  let certificate;
  return {
    options,
    directory,
    certificate: () => (certificate ??= makeCertificate(directory)),
    async inFreshBrowser(use) {
      const trusted = certificate && keyHash(certificate.cert);
      const browser = await launchFresh({ engine: options.engine, directory, trusted });
      defer(browser.close);
      try {
        return await use(browser);
      } finally {
        await browser.close();
      }
    },
    makeDirectory: () => mkdtemp(path.join(directory, 'scratch-')),
    progress: (line) => console.error(line),
    defer,
    async close() {
      for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) {
        await closer().catch((error) => console.error(error));
      }
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** SHA-256 of the public key of a certificate, in Base64. @param {string} file */
function keyHash(file) {
  const { publicKey } = new X509Certificate(readFileSync(file));
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}
