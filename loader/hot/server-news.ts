import { HOT_TOPIC, type HotNews } from '../../schema/hot-news.js';
import type { Editor } from './errors/editor.js';
import type { HotPorts } from './ports.js';
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
    readonly assets: (paths: readonly string[]) => void;
    /** Called with each message of the application. */
    readonly other: (topic: string, data: unknown) => void;
  },
): void {
  const served = config.hot?.served ?? Infinity;
  const receive = (data: unknown) => {
    const message = data as HotNews | null;
    if (message?.type === 'editor' && typeof message.token === 'string') to.editor.setToken(message.token);
    if (message?.type === 'problems' && Array.isArray(message.problems))
      to.problems.setFiles(message.problems);
    if (message?.type === 'assets' && Array.isArray(message.paths)) to.assets(message.paths);
    if (message?.type === 'changed' && Array.isArray(message.files)) {
      const since = message.files.filter(({ time }) => time > served).map(({ path }) => path);
      if (since.length > 0) to.assets(since);
    }
  };
  for (const data of news) receive(data);
  channelClient.on('message', ({ topic, data }) =>
    topic === HOT_TOPIC ? receive(data) : to.other(topic, data),
  );
}
