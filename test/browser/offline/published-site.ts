import { PublishService, publishSite, readSite } from '../../../registry/publish/index.js';
import type { TemporarySite } from '../counted-site.js';
import type { GatedSite } from '../gated-site.js';

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** A site at a version, which each of its parts tells. */
export const files = (version: number): Record<string, string | Uint8Array> => ({
  'index.html': `<!doctype html><title>${version}</title><link rel="stylesheet" href="style.css">
<img src="pixel.png" onload="globalThis.image = 'loaded'">
<script type="module" src="main.mjs"></script>`,
  'second.html': `<!doctype html><title>second ${version}</title><script type="module" src="main.mjs"></script>`,
  'style.css': `body { --version: ${version}; }`,
  'pixel.png': Buffer.from(PIXEL, 'base64'),
  'note.txt': `note ${version}`,
  'main.mjs': `import { version } from './lib.mjs';
const worker = (globalThis.worker = new Worker('worker.mjs', { type: 'module' }));
worker.onmessage = ({ data }) => {
  const style = getComputedStyle(document.body).getPropertyValue('--version').trim();
  globalThis.said = { page: version, ...data, style, title: document.title };
};`,
  'worker.mjs': `import { version } from './lib.mjs';
const note = await (await fetch('note.txt')).text();
const piece = await import(\`./piece-\${version}.mjs\`);
postMessage({ worker: version, note, piece: piece.version });`,
  'lib.mjs': `import { a } from './parts/a.mjs'; export const version = a;`,
  'parts/a.mjs': `import { b } from './b.mjs'; export const a = b;`,
  'parts/b.mjs': `export const b = ${version};`,
  [`piece-${version}.mjs`]: `export { version } from './lib.mjs';`,
});

/** What the page at a version says when all its parts are of that version. */
export const whole = (version: number, title = `${version}`) => ({
  page: version,
  worker: version,
  note: `note ${version}`,
  piece: version,
  style: title.startsWith('second') ? '' : `${version}`,
  title,
});

/** Publishes a directory to `production`. Resolves when the server has the deploy. */
export async function publish({ registry }: GatedSite, { directory }: TemporarySite): Promise<void> {
  const content = await readSite(directory, { include: ['**'], exclude: [] });
  const store = await registry.store();
  const target = new PublishService({ store, now: Date.now });
  // The first deploy is found when it is asked for.
  const isFirst = (await store.head('production')) === null;
  const released = new Promise((resolve) => registry.on('published', resolve));
  const { state } = await publishSite(target, content, {
    channel: 'production',
    author: 'ada',
    message: '',
  });
  if (state === 'published' && !isFirst) await released;
}
