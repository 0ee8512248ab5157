import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../fixtures/faults');

/** The text files of a folder in `test/fixtures/faults`, by path. */
export function faultFiles(name: string): Record<string, string> {
  const folder = join(FOLDER, name);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return Object.fromEntries(
    files.map((one) => {
      const file = join(one.parentPath, one.name);
      return [file.slice(folder.length + 1), readFileSync(file, 'utf8')];
    }),
  );
}
