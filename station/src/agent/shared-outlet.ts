import type { Clock } from '@roamgrid/station-kit';
import type { Bay } from '../bay/bay.ts';
import type { Readiness } from '../bay/readiness.ts';
import type { OutletSupply } from '../site/outlet-supply.ts';
import type { ChargeTiming } from './charge.ts';
import type { OutletMemory } from './outlet-memory.ts';

/** One outlet as both its doors have it: one bay, one meter, one memory. */
export interface SharedOutlet {
  readonly bay: Bay;
  readonly ready: Readiness;
  readonly memory: OutletMemory;
  readonly supply: OutletSupply;
  /** Paces the steps, and dates what the site's power is shared by. */
  readonly clock: Clock;
  readonly timing: ChargeTiming;
  /** No driver is being served by the network's door, and no session of it runs or waits to be told. */
  isFree(): boolean;
}
