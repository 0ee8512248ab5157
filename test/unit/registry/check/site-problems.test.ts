import { expect, it, vi } from 'vitest';
import { SiteProblems } from '../../../../registry/check/site-problems.js';
import { DEFAULT_FILTER } from '../../../../registry/ingest/files.js';
import type { IngestResult } from '../../../../registry/ingest/ingest.js';
import { readSite } from '../../../../registry/publish/read-site.js';
import type { Diagnostic, Hash } from '../../../../schema/index.js';
import { FakeClock } from '../fake-clock.js';
import { site, type Files } from '../site.js';

const PAGE = '<script type="module" src="main.mjs"></script>';
const SYNTAX: Diagnostic = { path: 'x.mjs', kind: 'syntax', severity: 'error', message: 'Unexpected token' };

/** The problems of a directory, with a result of its ingest. */
async function problemsOf(files: Files, ingested: readonly Diagnostic[] = []) {
  const directory = await site(files);
  const content = await readSite(directory, DEFAULT_FILTER);
  const clock = new FakeClock();
  const onChange = vi.fn<() => void>();
  const onError = vi.fn<(error: unknown) => void>();
  const read = vi.fn(
    async (hashes: readonly Hash[]) => new Map(hashes.map((hash) => [hash, { bytes: content.bytes(hash) }])),
  );
  const byHash = new Map(
    [...content.manifest.modules].map(([path, { hash }]) => [hash, content.links.get(path)!]),
  );
  const problems = new SiteProblems({
    directory,
    prefix: '/-/',
    blobs: { links: async () => byHash, read },
    clock,
    onChange,
    onError,
  });
  const result = { manifest: content.manifest, problems: ingested } as unknown as IngestResult;
  return { problems, result, clock, onChange, onError, read };
}

const paths = (list: readonly Diagnostic[]) => list.map(({ kind, path }) => `${kind} ${path}`);

it('lists the problems of an ingest at once, and those of imports after a check', async () => {
  const { problems, result, clock, onChange } = await problemsOf(
    { 'index.html': PAGE, 'main.mjs': 'import "./gone.mjs";' },
    [SYNTAX],
  );
  problems.startChecking();
  expect(problems.setResult(result)).toBe(true);
  expect(paths(problems.list)).toEqual(['syntax x.mjs']);
  expect(onChange).not.toHaveBeenCalled();
  clock.advance(10);
  await vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(1));
  expect(paths(problems.list)).toEqual(['syntax x.mjs', 'import main.mjs']);
  expect(problems.setResult(result)).toBe(false);
});

it('does not check imports before it is told to', async () => {
  const { problems, result, clock } = await problemsOf({ 'index.html': PAGE, 'main.mjs': '' });
  problems.setResult(result);
  expect(clock.waiting).toBe(0);
  problems.startChecking();
  expect(clock.waiting).toBe(1);
});

it('checks first when the first page has had time to load', async () => {
  const { problems, result, clock, read, onChange } = await problemsOf({
    'index.html': PAGE,
    'main.mjs': 'import "./gone.mjs";',
  });
  problems.setResult(result);
  problems.startChecking();
  clock.advance(499);
  await Promise.resolve();
  expect(read).not.toHaveBeenCalled();
  clock.advance(1);
  await vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(1));
});

it('checks once for several results in a row', async () => {
  const { problems, result, clock } = await problemsOf({ 'index.html': PAGE, 'main.mjs': '' });
  problems.startChecking();
  problems.setResult(result);
  problems.setResult(result);
  expect(clock.waiting).toBe(1);
});

it('keeps a failing import() from pages, which report it themselves', async () => {
  const { problems, result, clock, onChange } = await problemsOf({
    'index.html': PAGE,
    'main.mjs': 'import("./gone.mjs"); import "./lost.mjs";',
  });
  problems.startChecking();
  problems.setResult(result);
  clock.advance(10);
  await vi.waitFor(() => expect(onChange).toHaveBeenCalled());
  expect(paths(problems.list)).toEqual(['import main.mjs', 'dynamic-import main.mjs']);
  expect(paths(problems.listForPages)).toEqual(['import main.mjs']);
});

it('reports a check that fails, unless it is closed', async () => {
  const { problems, result, clock, onError, read } = await problemsOf({
    'index.html': PAGE,
    'main.mjs': '',
  });
  read.mockRejectedValue(new Error('no store'));
  problems.startChecking();
  problems.setResult(result);
  clock.advance(10);
  await vi.waitFor(() => expect(onError).toHaveBeenCalledTimes(1));
  problems.setResult(result);
  problems.close();
  expect(clock.waiting).toBe(0);
});
