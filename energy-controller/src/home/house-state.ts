import { unwrap } from '@roamgrid/domain';
import {
  growTree,
  PLAIN_POLICY,
  wattsOfAmps,
  type Claim,
  type PowerState,
  type Source,
} from '@roamgrid/domain/power';
import { SLOT_MS, SLOTS_PER_HOUR, type Course, type HomeCar, type House } from './house.ts';

/** Ids within the house's state. */
export const IDS = {
  battery: 'battery',
  fromGrid: 'battery-from-grid',
  fromSun: 'battery-from-sun',
  house: 'house',
  sun: 'sun',
} as const;

const LEAST_AMPS = 6n;
/** More than a house has: what is not limited is not what limits it. */
const PLENTY_W = 1_000_000n;

export interface HouseNow {
  readonly slot: number;
  /** W times slots in the battery. */
  readonly held: bigint;
  /** Cars that the plan knows, with what they still need. */
  readonly cars: readonly { readonly car: HomeCar; readonly left: bigint }[];
}

const carClaim = (
  { car, left }: HouseNow['cars'][number],
  { outletW, volts }: House,
  firstMs: number,
): Claim => ({
  ...{ claimId: car.carId, kind: 'charge', nodeId: 'cars', arrivedMs: firstMs + car.from * SLOT_MS },
  ...{ minW: wattsOfAmps(LEAST_AMPS, volts, 1), maxW: outletW, step: { unit: 'A', everyA: 1n } },
  // Rounded up: what is left over is less than a watt-hour.
  needWh: (left + SLOTS_PER_HOUR - 1n) / SLOTS_PER_HOUR,
  fromMs: firstMs + car.from * SLOT_MS,
  deadlineMs: firstMs + car.until * SLOT_MS,
});

const batteryOf = (
  { battery }: House,
  held: bigint,
): { readonly sources: readonly Source[]; readonly claims: readonly Claim[] } => {
  if (battery === undefined) return { sources: [], claims: [] };
  const { capacityWh, maxW = PLENTY_W } = battery;
  const store = { storedWh: held / SLOTS_PER_HOUR, capacityWh, floorWh: 0n };
  const charge = { kind: 'charge', nodeId: 'battery', minW: 0n, maxW, arrivedMs: 0 } as const;
  const stores = { ...charge, sourceId: IDS.battery, needWh: 0n, mayStore: true };
  return {
    sources: [{ sourceId: IDS.battery, kind: 'ess', nodeId: 'battery', availableW: maxW, store }],
    claims: [
      { ...stores, claimId: IDS.fromGrid },
      { ...stores, claimId: IDS.fromSun, fromKinds: ['renewable'] },
    ],
  };
};

/** A house as the power core sees it: its connection, below it what it takes, its battery, its roof and its cars. */
export const houseState = (house: House, { firstMs }: Course, now: HouseNow): PowerState => {
  const leaf = { kind: 'circuit', parentId: 'connection' } as const;
  const battery = batteryOf(house, now.held);
  return {
    tree: unwrap(
      growTree(
        [
          { nodeId: 'connection', kind: 'connection', hard: { totalW: house.connectionW } },
          ...['house', 'battery', 'sun', 'cars'].map((nodeId) => ({ ...leaf, nodeId })),
        ],
        { volts: house.volts, lanes: 1 },
      ),
    ),
    sources: [
      { sourceId: 'grid', kind: 'grid', nodeId: 'connection', availableW: house.connectionW },
      { sourceId: IDS.sun, kind: 'renewable', nodeId: 'sun', availableW: 0n },
      ...battery.sources,
    ],
    claims: [
      {
        ...{ claimId: IDS.house, kind: 'circuit', nodeId: 'house', minW: 0n, maxW: PLENTY_W, arrivedMs: 0 },
        ...{ preemptible: false, runningW: 0n },
      },
      ...battery.claims,
      ...now.cars.map((known) => carClaim(known, house, firstMs)),
    ],
    signals: {},
    policy: PLAIN_POLICY,
    tickMs: SLOT_MS,
  };
};
