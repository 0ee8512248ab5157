import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { onPage } from '../../../registry/pages/page-parser.js';
import { JobWorker } from '../../../registry/job-worker.js';
import type { PageJob } from '../../../registry/pages/page-jobs.js';

/** The built thread: it runs in no process that loads TypeScript. */
const BUILT = pathToFileURL(path.resolve(import.meta.dirname, '../../../dist/registry/pages/page-worker.js'));

const threads: JobWorker<PageJob>[] = [];
afterEach(() => Promise.all(threads.splice(0).map((thread) => thread.close())));

function threadOf(file: URL): JobWorker<PageJob> {
  const thread = new JobWorker<PageJob>(file);
  threads.push(thread);
  return thread;
}

const page = (bytes: number) =>
  Buffer.from(`<script type="module" src="a.mjs"></script>${'<p>text</p>'.repeat(bytes / 11)}`);
const options = {
  loader: { src: '/-/loader.js', integrity: 'sha384-x' },
  guard: 'guard',
  data: { channel: 'dev' },
};

it('html-parse-stall: parses a large page in another thread, while others are served', async () => {
  const thread = threadOf(BUILT);
  const html = page(2 * 1024 * 1024);
  let turns = 0;
  const count = setInterval(() => turns++, 0);
  const [template, read] = await Promise.all([
    onPage({ kind: 'template', html, options }, thread),
    onPage({ kind: 'read', html }, thread),
  ]);
  clearInterval(count);
  expect(thread.isAbsent).toBe(false);
  expect(turns).toBeGreaterThan(5);
  expect(html.length).toBeGreaterThan(0);
  expect(read.scripts).toEqual([{ kind: 'src', src: 'a.mjs', async: false, imports: [] }]);
  expect(Buffer.concat(template.parts!.filter((part) => typeof part !== 'string')).toString()).toContain(
    '<script async src="/-/loader.js" integrity="sha384-x" crossorigin data-channel="dev"',
  );
  expect(template.page).toEqual(read);
});

it('parses a large page itself when the thread does not start', async () => {
  const thread = threadOf(new URL('file:///no/such/file.js'));
  const job = { kind: 'read', html: page(300 * 1024) } as const;
  expect((await onPage(job, thread)).scripts).toHaveLength(1);
  expect(thread.isAbsent).toBe(true);
  expect((await onPage(job, thread)).scripts).toHaveLength(1);
});

it('starts again after it has ended', async () => {
  const thread = threadOf(BUILT);
  const job = { kind: 'read', html: page(300 * 1024) } as const;
  await onPage(job, thread);
  await thread.close();
  expect((await onPage(job, thread)).scripts).toHaveLength(1);
});
