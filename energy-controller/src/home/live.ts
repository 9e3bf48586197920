import { SLOTS_PER_HOUR, type HomeCar, type House } from './house.ts';

/** What is meant for a slot, W. */
export interface Meant {
  readonly carsW: ReadonlyMap<string, bigint>;
  /** Bought for the battery. */
  readonly batteryW: bigint;
  /** What the battery is to give; undefined: all that the house lacks. */
  readonly givesW: bigint | undefined;
  /** What is to come from the grid for the house in all, where the battery gives the rest. */
  readonly gridW: bigint;
}

/** What came of a slot, W times slots. */
export interface Lived {
  readonly bought: bigint;
  readonly held: bigint;
  readonly carsW: ReadonlyMap<string, bigint>;
  readonly isOver: boolean;
}

const least = (...values: readonly bigint[]): bigint => values.reduce((a, b) => (a < b ? a : b));
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** Cars get what is meant for them as far as the connection carries it beside the house, in the order of their coming. */
const carsWithin = (
  meant: ReadonlyMap<string, bigint>,
  cars: readonly { readonly car: HomeCar; readonly left: bigint }[],
  roomW: bigint,
  leastW: bigint,
): ReadonlyMap<string, bigint> => {
  let openW = most(roomW, 0n);
  const given = new Map<string, bigint>();
  for (const { car, left } of cars) {
    const askedW = least(meant.get(car.carId) ?? 0n, left);
    const carW = askedW <= openW ? askedW : openW >= leastW ? openW : 0n;
    given.set(car.carId, carW);
    openW -= carW;
  }
  return given;
};

/**
 * A slot as it comes: the sun feeds the house, then the battery; what the house takes otherwise than expected is the battery's when it
 * gives anyway, else the grid's. A surplus that the battery cannot take is not made. What is charged gives way to the connection's limit.
 */
export const liveSlot = (
  {
    house,
    held,
    loadW,
    solarW,
  }: {
    readonly house: House;
    readonly held: bigint;
    readonly loadW: bigint;
    readonly solarW: bigint;
  },
  meant: Meant,
  cars: readonly { readonly car: HomeCar; readonly left: bigint }[],
  leastCarW: bigint,
): Lived => {
  const capacity = (house.battery?.capacityWh ?? 0n) * SLOTS_PER_HOUR;
  const batteryMostW = house.battery?.maxW ?? capacity;
  const canGiveW = least(held, batteryMostW);
  const carsW = carsWithin(meant.carsW, cars, house.connectionW + canGiveW + solarW - loadW, leastCarW);
  let lackW = loadW - solarW;
  for (const carW of carsW.values()) lackW += carW;
  const roomW = least(capacity - held, batteryMostW);
  const fromSunW = lackW < 0n ? least(-lackW, roomW) : 0n;
  lackW = most(lackW, 0n);
  const wishedW = meant.givesW === undefined ? lackW - meant.gridW : meant.givesW;
  const needsW = most(wishedW, lackW - house.connectionW);
  const givenW =
    meant.batteryW > 0n
      ? most(0n, least(lackW - house.connectionW, canGiveW))
      : most(0n, least(needsW, canGiveW, lackW));
  const drawnW = lackW - givenW;
  const forBatteryW =
    givenW > 0n ? 0n : most(0n, least(meant.batteryW, roomW - fromSunW, house.connectionW - drawnW));
  const boughtW = drawnW + forBatteryW;
  return {
    bought: boughtW,
    held: held + fromSunW + forBatteryW - givenW,
    carsW,
    isOver: boughtW > house.connectionW,
  };
};
