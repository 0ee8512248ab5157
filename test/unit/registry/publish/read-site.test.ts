import { truncate } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { blake3 } from '../../../../registry/hash.js';
import { openMemoryStore } from '../../../../registry/index.js';
import { SITE_FILTER } from '../../../../registry/ingest/files.js';
import { PublishService, publishSite, readSite } from '../../../../registry/publish/index.js';
import { LIMITS } from '../../../../schema/index.js';
import { site, type Files } from '../site.js';

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0);
const FILES: Files = {
  'index.html': '<script type="module" src="main.mjs"></script>',
  'main.mjs': 'export {};',
  'logo.png': PNG,
  'copy of logo.png': PNG,
  'fonts/a.woff2': 'wOF2',
  LICENSE: 'MIT',
  '.well-known/security.txt': 'Contact: x',
};

describe('reading a site for publishing', () => {
  it('takes every file, with its media type, and looks for links in JavaScript only', async () => {
    const { manifest, links, skipped } = await readSite(await site(FILES), SITE_FILTER);
    const rows = [...manifest.modules].map(([name, { type, size }]) => [name, type, size]);
    expect(rows.toSorted()).toEqual([
      ['.well-known/security.txt', 'text/plain', 10],
      ['LICENSE', 'application/octet-stream', 3],
      ['copy of logo.png', 'image/png', PNG.length],
      ['fonts/a.woff2', 'font/woff2', 4],
      ['index.html', 'text/html', 46],
      ['logo.png', 'image/png', PNG.length],
      ['main.mjs', 'text/javascript', 10],
    ]);
    expect(manifest.modules.get('logo.png')!.hash).toBe(blake3(PNG));
    expect([...links].filter(([, found]) => found !== null).map(([name]) => name)).toEqual(['main.mjs']);
    expect(manifest.entries).toEqual(['main.mjs']);
    expect(skipped).toEqual([]);
  });

  it('leaves out dotfiles, installed packages and what editors and systems leave behind', async () => {
    const directory = await site({
      'main.mjs': '',
      '.env': 'SECRET',
      '.git/config': '',
      'node_modules/a/logo.png': PNG,
      'lib/node_modules/a/logo.png': PNG,
      'main.mjs~': '',
      '#main.mjs#': '',
      'lib/main.mjs.bak': '',
      'lib/x.tmp': '',
      'lib/x.swp': '',
      'Thumbs.db': '',
      'lib/desktop.ini': '',
    });
    const { manifest } = await readSite(directory, SITE_FILTER);
    expect([...manifest.modules.keys()]).toEqual(['main.mjs']);
  });

  it('refuses files that are too large before it reads any, and says how to leave them out', async () => {
    const directory = await site({ ...FILES, 'media/film.mp4': '', 'media/at the limit.mp4': '' });
    await truncate(path.join(directory, 'media/at the limit.mp4'), LIMITS.blobBytes);
    await truncate(path.join(directory, 'media/film.mp4'), LIMITS.blobBytes + 1);
    let read = 0;
    const refused = readSite(directory, SITE_FILTER, () => read++);
    await expect(refused).rejects.toMatchObject({
      code: 'blob-too-large',
      message:
        'media/film.mp4 is larger than 64 MiB; leave it out with --exclude, and serve it from elsewhere',
      found: ['media/film.mp4'],
    });
    expect(read).toBe(0);
    await truncate(path.join(directory, 'logo.png'), LIMITS.blobBytes + 1);
    await expect(readSite(directory, SITE_FILTER)).rejects.toMatchObject({
      message: expect.stringMatching(/^2 files are larger than 64 MiB, the first is .+; leave them out/),
    });
    const without = { ...SITE_FILTER, exclude: [...SITE_FILTER.exclude, '**/*.{mp4,png}'] };
    expect((await readSite(directory, without)).manifest.modules.size).toBe(5);
  });
});

it('a site is sent a file at a time, so that its bytes need not fit the memory', async () => {
  const large = Object.fromEntries(
    Array.from({ length: 6 }, (_, i) => [`${i}.bin`, Buffer.alloc(LIMITS.publishBatchBytes, i)]),
  );
  const content = await readSite(await site({ ...FILES, ...large }), SITE_FILTER);
  const service = new PublishService({ store: await openMemoryStore(), now: () => 0 });
  const batches: number[] = [];
  const target = {
    plan: service.plan.bind(service),
    commit: service.commit.bind(service),
    put: (lease: string, blobs: Parameters<typeof service.put>[1]) => {
      batches.push(blobs.reduce((sum, { bytes }) => sum + bytes.length, 0));
      return service.put(lease, blobs);
    },
  };
  const options = { channel: 'production', author: 'ada', message: '' };
  expect(await publishSite(target, content, options)).toMatchObject({ state: 'published', sent: 12 });
  expect(Math.max(...batches)).toBeLessThan(2 * LIMITS.publishBatchBytes);
  expect(batches.length).toBeGreaterThanOrEqual(6);
  expect(await publishSite(target, content, options)).toMatchObject({ state: 'current' });
});
