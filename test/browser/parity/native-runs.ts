import type { EngineName } from '../engines/engine.js';
import { serveNative } from '../serve-native.js';
import type { FixtureRunner, Observations } from './harness.js';

const runs = new Map<string, Promise<Observations>>();

/**
 * Runs a fixture natively, once for all suites of an engine in a worker: what it observes does not depend on
 * how they serve the fixture through modcast.
 *
 * @throws Error like `FixtureRunner.run`
 */
export async function runNatively(
  engine: EngineName,
  runner: FixtureRunner,
  name: string,
): Promise<Observations> {
  const key = `${engine} ${name}`;
  let run = runs.get(key);
  if (run === undefined) {
    run = runner.run(serveNative, name);
    runs.set(key, run);
    // The next suite tries again.
    run.catch(() => runs.delete(key));
  }
  return structuredClone(await run);
}
