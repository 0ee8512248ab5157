import { HOT_TOPIC, type HotNews } from '../../schema/hot-news.js';
import type { Editor } from './errors/editor.js';
import type { HotPorts } from './ports.js';
import type { Problems } from './errors/problems.js';

/** Sorts the server's own news, what it said earlier first, from the application's messages. */
export function listenToServer(
  { channelClient, news, config }: HotPorts,
  to: {
    readonly problems: Problems;
    readonly editor: Editor;
    /** Files have changed that are no modules. */
    readonly assets: (paths: readonly string[]) => void;
    readonly other: (topic: string, data: unknown) => void;
  },
): void {
  const served = config.hot?.served ?? Infinity;
  const take = (data: unknown) => {
    const one = data as HotNews | null;
    if (one?.type === 'editor' && typeof one.token === 'string') to.editor.token = one.token;
    if (one?.type === 'problems' && Array.isArray(one.problems)) to.problems.setFiles(one.problems);
    if (one?.type === 'assets' && Array.isArray(one.paths)) to.assets(one.paths);
    if (one?.type === 'changed' && Array.isArray(one.files)) {
      const since = one.files.filter(({ time }) => time > served).map(({ path }) => path);
      if (since.length > 0) to.assets(since);
    }
  };
  for (const data of news) take(data);
  channelClient.on('message', ({ topic, data }) =>
    topic === HOT_TOPIC ? take(data) : to.other(topic, data),
  );
}
