import type { Logger } from '@roamgrid/service-kit';
import type { GatewayClient } from '../gateway/client.ts';
import { serially } from '../serially.ts';

export interface MissingRecordsContext {
  readonly gateway: Pick<GatewayClient, 'missing' | 'demandRecord'>;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** Demands, for all to see, the record of every session of this utility's customers that does not come in its time. */
export const createDemands = ({ gateway, nowMs, log }: MissingRecordsContext) =>
  serially(async (): Promise<void> => {
    for (const { sessionId, dueAtMs, demandedAtMs } of await gateway.missing('hun', 'not-ended')) {
      if (demandedAtMs !== undefined || dueAtMs === undefined || nowMs() <= dueAtMs) continue;
      const told = await gateway.demandRecord(sessionId);
      if (!told.ok) log.info({ sessionId, failure: told.failure.kind }, 'a record could not be demanded yet');
    }
  });
