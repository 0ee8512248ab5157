import { HOT_TOPIC, type HotNews } from '../../schema/hot-news.js';
import type { HotPorts } from './ports.js';
import type { Problems } from './problems.js';

/** Sorts the server's own news from the application's messages. */
export function listenToServer(
  { mirror }: HotPorts,
  to: {
    readonly problems: Problems;
    /** Files have changed that are no modules. */
    readonly assets: (paths: readonly string[]) => void;
    readonly other: (topic: string, data: unknown) => void;
  },
): void {
  mirror.on('message', ({ topic, data }) => {
    if (topic !== HOT_TOPIC) return to.other(topic, data);
    const news = data as HotNews | null;
    if (news?.type === 'problems' && Array.isArray(news.problems)) to.problems.setFiles(news.problems);
    if (news?.type === 'assets' && Array.isArray(news.paths)) to.assets(news.paths);
  });
}
