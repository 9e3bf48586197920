/** A utility's service in a process of its own; its supervisor sends what it is to be, and it ends when that one does. */
import type { ServiceOrder } from './order.ts';
import { readSharedClock } from './shared-clock.ts';
import { startService } from './start-service.ts';

/** In which it may end its requests when nobody supervises it any more. */
const ALONE_MS = 5_000;

const ordered = new Promise<ServiceOrder>((resolve) => {
  process.once('message', (message) => {
    resolve(message as ServiceOrder);
  });
});
process.once('disconnect', () => process.exit(1));

const order = await ordered;
const nowMs = order.clockFile === undefined ? undefined : readSharedClock(order.clockFile);
const running = await startService(order, {
  ...(nowMs === undefined ? {} : { nowMs }),
  ...(nowMs === undefined || !order.isLedgerSimulated ? {} : { proposalTimeMs: nowMs }),
});
const end = (code: number): void => {
  setTimeout(() => process.exit(code), ALONE_MS).unref();
  void running.close().then(() => process.exit(code));
};
process.removeAllListeners('disconnect');
process.once('disconnect', () => {
  end(1);
});
process.once('SIGTERM', () => {
  end(0);
});
// An interrupt at a terminal reaches the whole group: the supervisor ends its parts in order.
process.on('SIGINT', () => undefined);
process.send?.({ url: running.url });
