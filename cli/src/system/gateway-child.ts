/** A gateway in a process of its own; its supervisor sends what it is to be, and it ends when the supervisor does. */
import { startGateway, type GatewayConfig } from '@roamgrid/gateway';
import { readSharedClock } from './shared-clock.ts';

/** What the supervisor sends, once. */
export interface GatewayOrder {
  readonly config: GatewayConfig;
  /** File of a {@link SharedClock}; the wall's clock when absent. */
  readonly clockFile?: string;
}

const ordered = new Promise<GatewayOrder>((resolve) => {
  process.once('message', (message) => {
    resolve(message as GatewayOrder);
  });
});
process.once('disconnect', () => process.exit(1));

const { config, clockFile } = await ordered;
const gateway = await startGateway(
  config,
  clockFile === undefined ? {} : { nowMs: readSharedClock(clockFile) },
);
process.once('SIGTERM', () => {
  void gateway.close().then(() => process.exit(0));
});
process.send?.({ url: gateway.url });
