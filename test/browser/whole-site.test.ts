import { expect, it } from 'vitest';
import type {} from '../../loader/index.js';
import { SITE_FILTER } from '../../registry/ingest/files.js';
import { PublishService, publishSite, readSite } from '../../registry/publish/index.js';
import { open, site, type Files } from '../unit/registry/site.js';
import { openStorage, readCachedBlobs } from './cached-segments.js';
import { inEachEngine } from './engines/in-each-engine.js';
import { sharedContext } from './engines/shared-context.js';

/** A module that exports `answer`, a function that returns 42. */
const WASM = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0],
  ...[7, 10, 1, 6, 0x61, 0x6e, 0x73, 0x77, 0x65, 0x72, 0, 0, 10, 6, 1, 4, 0, 0x41, 42, 0x0b],
]);

const LARGE = Buffer.alloc(400_000, 'a video ');

const MAIN = `import data from './data.json' with { type: 'json' };
const { instance } = await WebAssembly.instantiateStreaming(fetch(new URL('app.wasm', import.meta.url)));
const clip = await (await fetch('media/clip.mp4')).arrayBuffer();
const image = document.querySelector('img');
await image.decode();
globalThis.seen = [data.a, instance.exports.answer(), clip.byteLength, image.naturalWidth];
`;

const FILES: Files = {
  'index.html':
    '<!doctype html><title>x</title><img src="img/logo.svg"><script type="module" src="main.mjs"></script>',
  'main.mjs': MAIN,
  'data.json': '{"a":1}',
  'app.wasm': WASM,
  'media/clip.mp4': LARGE,
  'img/logo.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"/>',
  'blank.txt': '',
};

inEachEngine((engine) => {
  const newPage = sharedContext(engine);

  it('a page of a whole site gets its assets over HTTP, and keeps only modules', async () => {
    const registry = open({ channel: 'production', boot: 'fresh', serveHead: true });
    const { url } = await registry.listen();
    const content = await readSite(await site(FILES), SITE_FILTER);
    const target = new PublishService({ store: await registry.store(), now: Date.now });
    await publishSite(target, content, { channel: 'production', author: 'ada', message: '' });

    const page = await newPage();
    const visit = async () => {
      await page.goto(url);
      await page.until(() => 'seen' in globalThis);
      return page.evaluate(async () => {
        await modcast!.ready;
        await modcast!.idle();
        const { boot, bytes } = modcast!.stats();
        return { seen: (globalThis as { seen?: unknown }).seen, boot, received: bytes.received };
      });
    };
    const first = await visit();
    expect(first).toMatchObject({ seen: [1, 42, LARGE.length, 30], boot: { from: 'network' } });
    expect(first.received).toBeGreaterThan(0);
    expect(first.received).toBeLessThan(10_000);
    expect((await visit()).seen).toEqual(first.seen);

    const storage = await newPage();
    await openStorage(storage, url);
    const kept = (await readCachedBlobs(storage)).map(({ bytes }) => Buffer.from(bytes).toString());
    expect(kept.toSorted()).toEqual([MAIN, '{"a":1}'].toSorted());
  });
});
