import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const PLUGIN = '@vitejs/plugin-react';
const VERSION = '6.0.5';

/**
 * Vite's plugin for React, without which a saved component reloads the page. It is installed beside the
 * caches when it is first needed: its optional peers do not fit those of this project.
 *
 * @returns {Promise<() => import('vite').PluginOption>}
 */
export async function reactPlugin() {
  const directory = fileURLToPath(new URL('../../../node_modules/.cache/bench', import.meta.url));
  const installed = path.join(directory, 'node_modules', PLUGIN);
  if (!existsSync(installed)) {
    await mkdir(directory, { recursive: true });
    const flags = ['--no-save', '--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund'];
    const args = ['install', '--prefix', directory, ...flags, `${PLUGIN}@${VERSION}`];
    await promisify(execFile)('npm', args);
  }
  const module = await import(pathToFileURL(path.join(installed, 'dist/index.js')).href);
  return module.default;
}
