import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parsePath, type Manifest } from '../../schema/index.js';
import { readBlob, type Blobs } from './content.js';

/**
 * Writes a manifest's modules as files below an empty directory.
 * @throws ModcastError `path-invalid`, `blob-unknown`, `blob-damaged`
 */
export async function writeFiles(store: Blobs, manifest: Manifest, directory: string): Promise<void> {
  const made = new Set<string>();
  for (const [name, module] of manifest.modules) {
    const file = path.join(directory, parsePath(name));
    const parent = path.dirname(file);
    if (!made.has(parent)) await mkdir(parent, { recursive: true });
    made.add(parent);
    await writeFile(file, await readBlob(store, module.hash));
  }
}
