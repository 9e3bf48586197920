import type { Door } from '../../door.ts';
import type { Takers } from '../inbox.ts';
import type { CustomerSide } from '../ports.ts';
import { customersAt } from './allowance.ts';
import type { PartnerStationsSettings } from './config.ts';
import { createContext } from './context.ts';
import { deliverEnds } from './ends.ts';
import { chargedOfCdr, chargedOfSession } from './facts.ts';
import { closeSilent, takeCharged } from './progress.ts';
import { askStops } from './stops.ts';

/** Partners' stations as the door serves the consortium's customers there. */
export interface PartnerStations {
  readonly customers: CustomerSide;
  /** What is done with what partners tell, before and after what is done with it anyway. */
  taking(takers: Takers): Takers;
  /** One round of what is done without a message. */
  round(): Promise<void>;
}

export const createPartnerStations = (door: Door, settings: PartnerStationsSettings): PartnerStations => {
  const context = createContext(door, settings);
  return {
    customers: customersAt(context),
    taking: (takers) => ({
      ...takers,
      async sessions(partner, place, tree) {
        await takers.sessions?.(partner, place, tree);
        await takeCharged(context, place, chargedOfSession(tree));
      },
      async cdrs(partner, place, tree) {
        await takers.cdrs?.(partner, place, tree);
        // What a credit takes back is a correction's matter: the ledger has billed the session.
        if (tree['credit'] !== true) await takeCharged(context, place, chargedOfCdr(tree));
      },
    }),
    async round() {
      await closeSilent(context);
      await deliverEnds(context);
      await askStops(context);
    },
  };
};
