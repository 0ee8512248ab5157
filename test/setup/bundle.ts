import { execFileSync } from 'node:child_process';

/** Bundles the loader, which takes milliseconds: tests read it from dist/, and import all other code as TypeScript. */
export default function setup(): void {
  execFileSync(process.execPath, ['loader/build.mjs'], { stdio: 'inherit' });
}
