import type { Diagnostic } from '../../../schema/diagnostic.js';
import { pagePath } from '../updates/changes.js';
import { Editor } from './editor.js';
import { Overlay } from './overlay.js';
import type { HotPorts } from '../ports.js';
import { Problems, type ProblemsOptions } from './problems.js';
import { ErrorReporter } from './reporter.js';

/** Longest message of a `failed` message, in characters. */
const MESSAGE_LENGTH = 4096;

/**
 * The problems of a page, shown on the overlay and reported to the server, with links to the author's editor.
 */
export function createProblems(
  { config, outbox, after }: Pick<HotPorts, 'config' | 'outbox' | 'after'>,
  options: Pick<ProblemsOptions, 'isUsed' | 'reaches'>,
): { problems: Problems; editor: Editor } {
  const editor = new Editor(config.prefix);
  const overlay = config.hot?.overlay === false ? null : new Overlay((place) => editor.open(place));
  const reporter = new ErrorReporter(after, (text) => {
    const message = text.slice(0, MESSAGE_LENGTH);
    outbox.send(({ deploy }) => ({ type: 'failed', deploy, stage: 'module', message }));
  });
  const problems = new Problems({
    ...options,
    show: (errors) => overlay?.show(errors),
    report: (errors) => reporter.show(errors),
  });
  return { problems, editor };
}

/** Whether a problem is about an import map of this page. */
export const isOfPage = (
  { config }: Pick<HotPorts, 'config'>,
  kind: Diagnostic['kind'],
  path: string,
): boolean => kind === 'importmap' && path === pagePath(config);
