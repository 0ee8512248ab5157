import type { BootInfo } from '../api.js';
import type { Services } from '../services.js';

/** Tells the page, the application and the server that the page's modules have run. */
export function reportBooted({ page, events, outbox, connection }: Services, boot: BootInfo): void {
  page.booted(boot);
  page.hot?.booted();
  events.emit('booted', boot);
  const runs = page.release?.hash;
  outbox.send({ type: 'booted', ...boot, ...(runs && { runs }), bytes: connection.received });
}
