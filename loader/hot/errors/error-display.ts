import type { Diagnostic } from '../../../schema/diagnostic.js';
import { pagePath } from '../updates/changes.js';
import { Editor } from './editor.js';
import { Overlay } from './overlay.js';
import type { HotPorts } from '../ports.js';
import { Problems, type ProblemsOptions } from './problems.js';
import { ErrorReporter } from './reporter.js';

/** Characters that the protocol takes of what has failed. */
const MESSAGE = 4096;

/** Where what is wrong is shown and told, and the way from there to the author's editor. */
export function createProblems(
  { config, channelClient, connection, after }: HotPorts,
  options: Pick<ProblemsOptions, 'isUsed' | 'reaches'>,
): { problems: Problems; editor: Editor } {
  const editor = new Editor(config.prefix);
  const overlay = config.hot?.overlay === false ? null : new Overlay((place) => editor.open(place));
  const unsent: string[] = [];
  const flush = () => {
    // Before the greeting is answered nobody knows which deploy the server has.
    for (let text; channelClient.head !== undefined && (text = unsent[0]) !== undefined; unsent.shift()) {
      const { deploy } = channelClient.head;
      if (!connection.send({ type: 'failed', deploy, stage: 'module', message: text.slice(0, MESSAGE) }))
        return;
    }
  };
  channelClient.on('head', flush);
  const teller = new ErrorReporter(after, (text) => {
    unsent.push(text);
    flush();
  });
  const problems = new Problems({
    ...options,
    show: (errors) => overlay?.show(errors),
    tell: (errors) => teller.show(errors),
  });
  return { problems, editor };
}

/** Whether a problem is one of this page's own import maps. */
export const isOfPage = ({ config }: HotPorts, kind: Diagnostic['kind'], path: string): boolean =>
  kind === 'importmap' && path === pagePath(config.root);
