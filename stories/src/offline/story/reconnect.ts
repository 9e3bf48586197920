import type { CarriedRecord, Contact, OfflineRecord } from '@roamgrid/offline';
import type { CustomerPhone } from '../customer-phone.ts';
import type { Garage } from './garage.ts';
import type { Bought } from './tokens.ts';
import { tornEachTime, type TornSeen } from './torn.ts';

/** Three days later the other driver comes, takes all that the charger has, and is online again. */

export interface ReconnectSeen {
  /** What the charger says to him first: it has as many sessions as it keeps. */
  readonly full: string;
  readonly collect: TornSeen;
  /** Numbers of the sessions that he took away. */
  readonly taken: readonly number[];
  /** How often something was brought, by phone; and how many records the gateway has afterwards. */
  readonly brought: { readonly byA: number; readonly byB: number };
  readonly kept: readonly { readonly number: number; readonly state: string }[];
  /** Sessions that the charger still has once the receipt was brought, and what it says to him then. */
  readonly leftAtCharger: number;
  readonly thenStarts: string;
  /** What the meter shows in the end, in thousandths of a watt-hour. */
  readonly registerMilliWh: string;
}

const COLLECT = { kind: 'collect' } as const;

/** A meter shows tenths of a watt-hour, rounded down. */
export const shownMilliWh = (registerWms: bigint): string => ((registerWms / 360_000n) * 100n).toString();

const takeAll = async (contact: Contact, into: Map<number, CarriedRecord>): Promise<void> => {
  await contact.take((record) => {
    into.set(record.number, record);
    return Promise.resolve();
  });
};

/** Both phones bring what they have, in either order, again and again. */
const bringAll = async (garage: Garage, byA: readonly CarriedRecord[], byB: readonly CarriedRecord[]) => {
  const [last] = byB.slice(-1);
  const rounds: readonly (readonly ['A' | 'B', readonly CarriedRecord[]])[] = [
    ['B', last === undefined ? [] : [last]],
    ['A', byA.toReversed()],
    ['B', byB.toReversed()],
    ['B', byB],
    ['A', byA],
  ];
  for (const [, records] of rounds) await garage.bring(records);
  return {
    byA: rounds.filter(([who]) => who === 'A').length,
    byB: rounds.filter(([who]) => who === 'B').length,
  };
};

export const liveReconnect = async (
  garage: Garage,
  phoneB: CustomerPhone,
  later: Bought,
  byA: readonly CarriedRecord[],
): Promise<{ readonly seen: ReconnectSeen; readonly records: readonly OfflineRecord[] }> => {
  const brings = () => garage.brings(later.token, phoneB);
  await garage.act('plug-in');
  const full = await garage.asks(brings(), { kind: 'start', energyWh: 1_000n });
  const taken = new Map<number, CarriedRecord>();
  const collect = await tornEachTime(garage, brings(), COLLECT, (contact) => takeAll(contact, taken));
  const byB = [...taken.values()].sort((a, b) => a.number - b.number);
  const brought = await bringAll(garage, byA, byB);
  const kept = (await garage.keptInTheEnd()).map(({ number, state }) => ({ number, state }));
  const { receipt } = await garage.words();
  const after = await garage.collect(brings(), receipt === undefined ? [] : [['receipt', receipt]]);
  const { registerWms } = await garage.act('look');
  const thenStarts = await garage.asks(brings(), { kind: 'start', energyWh: 1_000n });
  await garage.asks(brings(), { kind: 'stop' });
  return {
    seen: {
      ...{ full, collect, taken: byB.map(({ number }) => number), brought, kept },
      ...{ leftAtCharger: after.length, thenStarts, registerMilliWh: shownMilliWh(BigInt(registerWms)) },
    },
    records: await Promise.all(byB.map((record) => garage.read(record))),
  };
};
