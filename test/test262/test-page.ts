import type { Scenario } from './suite.js';

/** Path of the page that runs a scenario. */
export const pageOf = ({ file, mode }: Scenario): string => `${file}.${mode}.html`;

/** Path of the file that a scenario runs: the test's own, or its strict copy beside it. */
export const scriptOf = ({ file, mode }: Scenario): string =>
  mode === 'strict' ? `${file}.strict.js` : file;

const nameOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1);

/**
 * A document that runs a scenario, and posts what it sees to the document around it (pages/host.js).
 *
 * A module test is the source of a module script. Then it is imported, because only `import()` tells when it
 * has ended and with which error.
 */
export function testPage(scenario: Scenario): string {
  const { flags, includes, mode } = scenario;
  const isAsync = flags.includes('async');
  const harness = flags.includes('raw')
    ? []
    : ['assert.js', 'sta.js', ...(isAsync ? ['doneprintHandle.js'] : []), ...includes];
  const name = encodeURIComponent(nameOf(scriptOf(scenario)));
  const end = 'window[Symbol.for("test262")]';
  const run =
    mode === 'module'
      ? `<script type="module" src="./${name}"></script>
<script type="module">
  import("./${name}").then(() => ${end}.imported(), (error) => ${end}.imported({ error }));
</script>`
      : `<script src="./${name}"></script>
<script>${end}.ran();</script>`;
  return `<!doctype html>
<meta charset="utf-8">
<script src="/host.js"${isAsync ? ' data-async' : ''}></script>
${harness.map((file) => `<script src="/harness/${file}"></script>\n`).join('')}${run}
`;
}
