import type { Content } from './content.js';
import type { PageState } from './runtime.js';

export interface Expected {
  readonly modules: PageState['modules'];
  /** Reasons why the page cannot run the current files. */
  readonly broken: readonly string[];
}

/** The path that a relative specifier resolves to. */
export const resolveFrom = (importer: string, specifier: string): string =>
  new URL(specifier, `http://site.invalid/${importer}`).pathname.slice(1);

const isScript = (path: string): boolean => path.endsWith('.mjs');

/** The modules that a page with the entry `main` runs once it runs the current files. */
export function expectedOf(files: ReadonlyMap<string, Content>, main: string): Expected {
  const modules: Record<string, { version: string; deps: Record<string, string> }> = {};
  const broken: string[] = [];
  const queue = [main];
  const seen = new Set(queue);
  const add = (path: string) => {
    if (!isScript(path) || seen.has(path)) return;
    seen.add(path);
    queue.push(path);
  };
  for (const path of queue) {
    const { version, spec } = files.get(path)!;
    if (spec!.fault !== 'none') broken.push(`${path}: ${spec!.fault}`);
    const deps: Record<string, string> = {};
    modules[path] = { version, deps };
    for (const specifier of [...spec!.imports, ...spec!.dynamic]) {
      const target = resolveFrom(path, specifier);
      const found = files.get(target);
      if (found === undefined) broken.push(`${path} imports ${target}: missing`);
      else {
        deps[specifier] = found.version;
        add(target);
      }
    }
  }
  return { modules, broken };
}

/** The differences between a page and the files. Empty when they match. */
export function differences(state: PageState, expected: Expected): string[] {
  const found = [...state.wrong];
  for (const [path, { version, deps }] of Object.entries(expected.modules)) {
    const runs = state.modules[path];
    if (runs?.version !== version) {
      found.push(`${path} runs version ${runs?.version ?? 'none'}, the file has ${version}`);
      continue;
    }
    for (const [specifier, wanted] of Object.entries(deps)) {
      if (runs.deps[specifier] !== wanted)
        found.push(`${path} imports ${runs.deps[specifier]} from ${specifier}, the file has ${wanted}`);
    }
  }
  for (const path of Object.keys(state.modules))
    if (expected.modules[path] === undefined) found.push(`${path} is in use but should not be`);
  return found;
}
