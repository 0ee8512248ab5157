import { execFileSync } from 'node:child_process';

/** Builds dist/, for tests that start the built program. */
export default function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
