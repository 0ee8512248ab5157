import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';

/** A directory for each test, which is removed afterwards. */
export function temporaryDirectory(): (name?: string) => string {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'modcast-'));
  });
  afterEach(() => rm(directory, { recursive: true }));
  return (name = '') => path.join(directory, name);
}
