import { HOT_TOPIC, type HotNews } from '../../schema/hot-news.js';
import type { Editor } from './errors/editor.js';
import type { HotPorts } from './ports.js';
import type { Cause } from './updates/reload-history.js';
import type { Problems } from './errors/problems.js';

/**
 * Receives the server's messages for hot reload, also those that came before, and passes on the
 * application's.
 */
export function listenToServer(
  { channelClient, news, config }: Pick<HotPorts, 'channelClient' | 'news' | 'config'>,
  to: {
    readonly problems: Pick<Problems, 'setFiles'>;
    readonly editor: Pick<Editor, 'setToken'>;
    /** Called with the paths of changed files that are not modules. */
    readonly assets: (paths: readonly string[], cause: Cause) => void;
    /** Called with each message of the application. */
    readonly other: (topic: string, data: unknown) => void;
  },
): void {
  const served = config.hot?.served ?? Infinity;
  const changed = (files: readonly { readonly path: string; readonly time: number }[], isNew: boolean) => {
    if (files.length === 0) return;
    const newest = Math.max(...files.map(({ time }) => time));
    const paths = files.map(({ path }) => path);
    to.assets(paths, { key: `files ${newest}`, isNew });
  };
  const receive = (data: unknown) => {
    const message = data as HotNews | null;
    if (message?.type === 'editor' && typeof message.token === 'string') to.editor.setToken(message.token);
    if (message?.type === 'problems' && Array.isArray(message.problems))
      to.problems.setFiles(message.problems);
    if (message?.type === 'assets' && Array.isArray(message.files)) changed(message.files, true);
    if (message?.type === 'changed' && Array.isArray(message.files))
      changed(
        message.files.filter(({ time }) => time > served),
        false,
      );
  };
  for (const data of news) receive(data);
  channelClient.on('message', ({ topic, data }) =>
    topic === HOT_TOPIC ? receive(data) : to.other(topic, data),
  );
}
