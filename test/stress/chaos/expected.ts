import type { Content } from './content.js';
import type { PageState } from './runtime.js';

export interface Expected {
  readonly modules: PageState['modules'];
  /** Why the page cannot be what the files say. */
  readonly broken: readonly string[];
}

/** The path that a relative specifier means. */
export const resolveFrom = (importer: string, specifier: string): string =>
  new URL(specifier, `http://site.invalid/${importer}`).pathname.slice(1);

const isScript = (path: string): boolean => path.endsWith('.mjs');

/** What a page that starts from `main` runs if it runs the files. */
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

/** In what a page differs from the files; none where it is the same. */
export function differences(state: PageState, expected: Expected): string[] {
  const found = [...state.wrong];
  for (const [path, { version, deps }] of Object.entries(expected.modules)) {
    const runs = state.modules[path];
    if (runs?.version !== version) {
      found.push(`${path} runs in ${runs?.version ?? 'no version'}, the file is ${version}`);
      continue;
    }
    for (const [specifier, wanted] of Object.entries(deps)) {
      if (runs.deps[specifier] !== wanted)
        found.push(`${path} holds ${runs.deps[specifier]} of ${specifier}, the file is ${wanted}`);
    }
  }
  for (const path of Object.keys(state.modules))
    if (expected.modules[path] === undefined) found.push(`${path} is reached, and is not to be`);
  return found;
}
