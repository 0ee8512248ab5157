import type { BrowserContext, Page } from 'playwright-core';

/** Ends the service workers of a context, as Chromium does when they are idle. */
export async function stopServiceWorkers(context: BrowserContext, page: Page): Promise<void> {
  const session = await context.newCDPSession(page);
  const statuses = new Map<string, string>();
  let look = () => {};
  session.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
    for (const { versionId, runningStatus } of versions) statuses.set(versionId, runningStatus);
    look();
  });
  await session.send('ServiceWorker.enable');
  await session.send('ServiceWorker.stopAllWorkers');
  await new Promise<void>((resolve) => {
    look = () => {
      if (statuses.size > 0 && [...statuses.values()].every((status) => status === 'stopped')) resolve();
    };
    look();
  });
  await session.detach();
}
