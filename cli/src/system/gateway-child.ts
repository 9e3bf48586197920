/** A gateway in a process of its own; its supervisor sends what it is to be, and it ends when the supervisor does. */
import { startGateway, type GatewayConfig } from '@roamgrid/gateway';
import { readSharedClock } from './shared-clock.ts';

/** What the supervisor sends, once. */
export interface GatewayOrder {
  readonly config: GatewayConfig;
  /** File of a {@link SharedClock}; the wall's clock when absent. */
  readonly clockFile?: string;
  /** Commands are proposed in that clock's time too, for as long as the process lives. */
  readonly isLedgerSimulated: boolean;
}

const ordered = new Promise<GatewayOrder>((resolve) => {
  process.once('message', (message) => {
    resolve(message as GatewayOrder);
  });
});
process.once('disconnect', () => process.exit(1));

const { config, clockFile, isLedgerSimulated } = await ordered;
const nowMs = clockFile === undefined ? undefined : readSharedClock(clockFile);
const gateway = await startGateway(config, {
  ...(nowMs === undefined ? {} : { nowMs }),
  ...(nowMs === undefined || !isLedgerSimulated ? {} : { proposalTimeMs: nowMs }),
});
process.once('SIGTERM', () => {
  void gateway.close().then(() => process.exit(0));
});
process.send?.({ url: gateway.url });
