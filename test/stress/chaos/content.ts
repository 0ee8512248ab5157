import { installChaos } from './runtime.js';

/**
 * The fault of a module: it does not parse, it throws, or its top-level await never ends.
 */
export type Fault = 'none' | 'syntax' | 'throws' | 'waits';

export type Accepts = 'nothing' | 'itself' | 'itself, with a callback' | 'its imports';

export interface ModuleSpec {
  /** Relative specifiers, as they stand in the source: a renamed file has the same ones. */
  readonly imports: readonly string[];
  readonly dynamic: readonly string[];
  readonly accepts: Accepts;
  readonly fault: Fault;
  /** Whether it has a short top-level await. */
  readonly pauses: boolean;
}

/** The text of a file. It contains its version, which the page can read. */
export interface Content {
  readonly version: string;
  readonly text: string;
  /** The spec of a JavaScript module, null for other files. */
  readonly spec: ModuleSpec | null;
}

const quote = (value: unknown): string => JSON.stringify(value);

function importLine(specifier: string, name: string): string {
  if (specifier.endsWith('.json')) return `import ${name} from '${specifier}' with { type: 'json' };`;
  if (specifier.endsWith('.css')) return `import ${name} from '${specifier}' with { type: 'css' };`;
  return `import * as ${name} from '${specifier}';`;
}

function acceptLine({ accepts, imports }: ModuleSpec): string[] {
  if (accepts === 'itself') return ['import.meta.hot?.accept();'];
  if (accepts === 'itself, with a callback')
    return ['import.meta.hot?.accept((next) => next || chaos.fail(self, "was accepted without a module"));'];
  if (accepts === 'nothing' || imports.length === 0) return [];
  const names = quote(imports);
  return [`import.meta.hot?.accept(${names}, (next) => chaos.take(self, ${names}, next));`];
}

/**
 * A module that reports when it starts and when it has run, and exports its imports. Its last statement spans
 * many lines, so that half of the file does not parse.
 *
 * @param first lines before all others
 */
export function moduleContent(version: string, spec: ModuleSpec, first: readonly string[] = []): Content {
  const { imports, dynamic, accepts, fault, pauses } = spec;
  const held = imports.map((specifier, i) => `${quote(specifier)}: m${i}`);
  const lines = [
    `// ${version}`,
    ...first,
    ...imports.map((specifier, i) => importLine(specifier, `m${i}`)),
    `export const self = chaos.enter(import.meta.url, '${version}', '${accepts}', { ${held.join(', ')} });`,
    ...acceptLine(spec),
    ...(fault === 'throws' ? [`throw new Error('${version} throws');`] : []),
    ...(fault === 'waits' ? [`await new Promise(() => {});`] : []),
    ...(pauses ? [`await chaos.moment();`] : []),
    // Every other specifier is computed, so that no one can resolve it before it runs.
    ...dynamic.map((specifier, i) => {
      const argument = i % 2 === 0 ? quote(specifier) : `${quote(specifier)} + ''`;
      return `chaos.load(self, ${quote(specifier)}, () => import(${argument}));`;
    }),
    ...(fault === 'syntax' ? ['const = ;'] : []),
    'chaos.leave(',
    // The same in all versions, so that a new version is sent as a delta.
    ...Array.from({ length: 24 }, (_, i) => `  /* ${Math.sin(i)} ${Math.cos(i)} */`),
    '  self,',
    ');',
  ];
  return { version, text: `${lines.join('\n')}\n`, spec };
}

export const jsonContent = (version: string): Content => ({
  version,
  text: `${quote({ version })}\n`,
  spec: null,
});

export const sheetContent = (version: string): Content => ({
  version,
  text: `:root { --version: ${version}; }\n`,
  spec: null,
});

export const scriptContent = (version: string): Content => ({
  version,
  text: `chaos.script = '${version}';\n`,
  spec: null,
});

/** Defines the same functions in a worker as `installChaos` does in a page, before its other modules run. */
export const workerRuntimeContent = (version: string): Content => ({
  version,
  text: `// ${version}
globalThis.chaosReport = (report) => postMessage({ report });
(${String(installChaos)})();
addEventListener('message', ({ data }) => {
  if (data.state) postMessage({ state: chaos.state(data.state) });
  else chaos.retry();
});
`,
  spec: null,
});

/** A page's module that starts a worker and passes on what it reports. */
export const workerStartContent = (version: string, main: string): Content => ({
  version,
  text: `// ${version}
globalThis.chaosWorker = new Worker('${main}', { type: 'module' });
chaosWorker.addEventListener('message', ({ data }) => data.report && chaosReport(data.report));
chaosWorker.addEventListener('error', ({ message }) => console.error(message));
`,
  spec: null,
});

export const noteContent = (version: string): Content => ({ version, text: `${version}\n`, spec: null });

/** A page: a style sheet, a classic script, a file that it fetches, and one module from which it starts. */
export const pageContent = (version: string, main: string): Content => ({
  version,
  text: `<!doctype html>
<html lang="en">
<title>${version}</title>
<link rel="stylesheet" href="style.css">
<script>
  chaos.page = '${version}';
  const read = () => fetch('note.txt').then((answer) => answer.text(), () => chaos.moment().then(read));
  read().then((text) => (chaos.note = text.trim()));
</script>
<script src="script.js"></script>
<script type="module" src="${main}"></script>
</html>
`,
  spec: null,
});
