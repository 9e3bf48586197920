import type { Door } from '../../door.ts';
import type { Takers } from '../inbox.ts';
import type { CustomerSide } from '../ports.ts';
import type { Machines } from '../stand-in/machines.ts';
import { customersAt } from './allowance.ts';
import type { PartnerStationsSettings } from './config.ts';
import { createContext } from './context.ts';
import { takeCredit } from './credits.ts';
import { deliverEnds } from './ends.ts';
import { chargedOfCdr, chargedOfSession } from './facts.ts';
import { closeSilent, takeCharged } from './progress.ts';
import { settleCredits } from './settle-credits.ts';
import { askStops } from './stops.ts';

/** Partners' stations as the door serves the consortium's customers there. */
export interface PartnerStations {
  readonly customers: CustomerSide;
  /** What is done with what partners tell, before and after what is done with it anyway. */
  taking(takers: Takers): Takers;
  /** One round of what is done without a message. */
  round(): Promise<void>;
}

/** @param machines by which what partners credit is taken back on the ledger */
export const createPartnerStations = (
  door: Door,
  settings: PartnerStationsSettings,
  machines: Machines | undefined,
): PartnerStations => {
  const context = createContext(door, settings, machines);
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
        if (tree['credit'] === true) await takeCredit(context, place, tree);
        else await takeCharged(context, place, chargedOfCdr(tree));
      },
    }),
    async round() {
      await closeSilent(context);
      await deliverEnds(context);
      await askStops(context);
      await settleCredits(context);
    },
  };
};
