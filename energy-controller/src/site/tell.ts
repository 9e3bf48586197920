import { PartlyRefused, type LoadAdapter } from '../adapters/adapter.ts';
import type { Commitments, Order } from './commitments.ts';
import { sumW } from './watts.ts';
import { within } from './within.ts';

const byLoad = (orders: readonly Order[]): ReadonlyMap<string, readonly Order[]> => {
  const grouped = new Map<string, Order[]>();
  for (const order of orders) {
    const list = grouped.get(order.loadId);
    if (list === undefined) grouped.set(order.loadId, [order]);
    else list.push(order);
  }
  return grouped;
};

/**
 * Tells each load its orders, all loads at once; the commitments have them already.
 * @returns the loads of which it is not sure that they follow.
 */
export const tellLoads = async (
  adapters: ReadonlyMap<string, LoadAdapter>,
  orders: readonly Order[],
  commitments: Commitments,
  tellMs: number,
): Promise<ReadonlySet<string>> => {
  const unsure = new Set<string>();
  await Promise.all(
    [...byLoad(orders)].map(async ([loadId, own]) => {
      const outcome = await within(tellMs, loadId, async (signal) => {
        await adapters.get(loadId)?.grant(
          own.map(({ claimId, laneW, lapsesAtMs }) => ({ claimId, watts: sumW(laneW), laneW, lapsesAtMs })),
          signal,
        );
      });
      if (outcome.ok) commitments.confirm(own);
      else {
        const { error } = outcome;
        if (error instanceof PartlyRefused) {
          const isRefused = ({ claimId }: Order): boolean => error.claimIds.includes(claimId);
          commitments.refuse(own.filter(isRefused));
          commitments.confirm(own.filter((order) => !isRefused(order)));
        } else if (error.code === 'REFUSED') commitments.refuse(own);
        unsure.add(loadId);
      }
    }),
  );
  return unsure;
};

/** Tells loads that claims which are gone get nothing; a load that refuses has no such claim any more either. */
export const tellGone = async (
  adapters: ReadonlyMap<string, LoadAdapter>,
  orders: readonly Order[],
  commitments: Commitments,
  tellMs: number,
): Promise<void> => {
  await Promise.all(
    orders.map(async ({ claimId, loadId, laneW, lapsesAtMs }) => {
      const outcome = await within(tellMs, loadId, async (signal) => {
        await adapters.get(loadId)?.grant([{ claimId, watts: 0n, laneW, lapsesAtMs }], signal);
      });
      if (outcome.ok || outcome.error.code === 'REFUSED') commitments.forget(claimId);
    }),
  );
};
