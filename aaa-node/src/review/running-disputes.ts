import type { Logger } from '@roamgrid/service-kit';
import type { ShownDispute } from '@roamgrid/wire';
import type { ClearingSide } from '../gateway/clearing.ts';
import type { GatewayClient } from '../gateway/client.ts';
import type { Db } from '../store/database.ts';
import { cursorOf, keepCursor } from '../store/feed.ts';
import type { Patience } from './patience.ts';

export interface RunningDisputesOptions {
  readonly db: Db;
  readonly gateway: Pick<GatewayClient, 'dispute' | 'disputeChanges'>;
  readonly patience: Patience;
  readonly log: Logger;
  readonly role: ClearingSide;
  /** Those that were not over here when the node last stopped. */
  readonly leftOpen: () => Promise<readonly string[]>;
  /** Keeps what changed before the reading goes on: what is kept is in `leftOpen` after a crash. */
  readonly keep?: (disputes: readonly ShownDispute[]) => Promise<void>;
}

/**
 * Disputes of one side that are not over here, each as the ledger last changed it. Changes are read on from where the last
 * reading ended, also over a restart; what was not over then and did not change is asked for once after it.
 */
export const createRunningDisputes = (options: RunningDisputesOptions) => {
  const { db, gateway, patience, log, role, leftOpen, keep } = options;
  const feed = `disputes:${role}`;
  const running = new Map<string, ShownDispute>();
  let unread: Set<string> | undefined;
  /** How far the changes were read, once the store has said it: what runs is in this process alone. */
  let readTo: string | undefined;

  const readChanges = async (seen: (disputeId: string) => void): Promise<void> => {
    for (;;) {
      readTo ??= await cursorOf(db, feed);
      const { items, cursor } = await gateway.disputeChanges(role, readTo);
      if (items.length === 0) return;
      await keep?.(items);
      for (const dispute of items) {
        running.set(dispute.record.disputeId, dispute);
        seen(dispute.record.disputeId);
      }
      await keepCursor(db, feed, cursor);
      readTo = cursor;
    }
  };

  return {
    /** @returns those that are not over, as they are now. */
    refresh: async (): Promise<readonly ShownDispute[]> => {
      const left = (unread ??= new Set(await leftOpen()));
      await readChanges((disputeId) => left.delete(disputeId));
      for (const disputeId of left) {
        const matter = { id: `read ${disputeId}`, partner: '' };
        if (!patience.isDue(matter)) continue;
        try {
          running.set(disputeId, await gateway.dispute(disputeId));
          left.delete(disputeId);
        } catch (thrown) {
          patience.later(matter);
          log.warn({ err: thrown, disputeId }, 'a dispute could not be read');
        }
      }
      return [...running.values()];
    },
    /** It is so now. */
    put: (dispute: ShownDispute): void => void running.set(dispute.record.disputeId, dispute),
    /** Nothing is left to do of it here, unless it changes. */
    drop: ({ record }: ShownDispute): void => void running.delete(record.disputeId),
  };
};
