import { truncate } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SITE_FILTER } from '../../../../registry/ingest/files.js';
import { directorySnapshot } from '../../../../registry/history/snapshot.js';
import { readBlob } from '../../../../registry/history/read-blob.js';
import { LIMITS } from '../../../../schema/index.js';
import { site, write } from '../site.js';

describe('the snapshot of a directory', () => {
  it('reads bytes from the files, and keeps none of them', async () => {
    const directory = await site({ 'a.mjs': "import './b.mjs';", 'b.mjs': 'b', 'same.txt': 'b' });
    const { manifest, store } = await directorySnapshot(directory, SITE_FILTER);
    const { modules } = await manifest();
    const [a, b] = [modules.get('a.mjs')!.hash, modules.get('b.mjs')!.hash];
    expect(Buffer.from(await readBlob(store, a)).toString()).toBe("import './b.mjs';");
    const links = await store.links([a, b]);
    expect(links.get(a)).toMatchObject({ list: [{ specifier: './b.mjs' }] });
    // The same bytes are in a file that is no module.
    expect(links.get(b)).toMatchObject({ list: [] });
    await write(directory, { 'a.mjs': 'changed' });
    await expect(readBlob(store, a)).rejects.toMatchObject({ code: 'file-unstable' });
  });

  it('leaves out files that are too large for a deploy', async () => {
    const directory = await site({ 'a.mjs': '', 'film.bin': '' });
    await truncate(path.join(directory, 'film.bin'), LIMITS.blobBytes + 1);
    const { manifest } = await directorySnapshot(directory, SITE_FILTER);
    expect([...(await manifest()).modules.keys()]).toEqual(['a.mjs']);
  });
});
