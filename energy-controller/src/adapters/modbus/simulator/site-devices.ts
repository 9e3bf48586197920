import type { ServedRegisters } from './modbus-server.ts';
import type { SitePhysics } from './site-physics.ts';
import {
  doubleWord,
  NOT_IMPLEMENTED,
  sunspecRegisters,
  word,
  type ServedModel,
} from './sunspec-registers.ts';

/** The registers of a simulated site's devices. Spec: SunSpec models 103, 203, 701, 702, 704 and 713, numbered from each model's first word. */

/** 230 V with a scale of -1. */
const VOLTAGE = 2_300n;
const MINUS_ONE = -1n;
/** Power is told in tens of watts: 500 kW do not fit into 16 bits otherwise. */
const TENS = 10n;

const constant = (value: bigint) => () => word(value);

export const meterRegisters = (site: SitePhysics): ServedRegisters => {
  const voltage = () => (site.isFeedOut ? 0 : word(VOLTAGE));
  return sunspecRegisters([
    {
      id: 203,
      length: 105,
      says: {
        ...{ 8: voltage, 9: voltage, 10: voltage, 15: constant(MINUS_ONE) },
        ...{ 18: () => word(site.gridW / TENS), 22: constant(1n) },
      },
    },
  ]);
};

export const inverterRegisters = (site: SitePhysics): ServedRegisters =>
  sunspecRegisters([{ id: 103, length: 50, says: { 14: () => word(site.sunW / TENS), 15: constant(1n) } }]);

/** What model 704 was told; a set-point holds from the moment it is enabled. */
const orderModel = (site: SitePhysics): ServedModel => {
  const written = new Map<number, number>();
  const doubleAt = (at: number): bigint =>
    (BigInt(written.get(at) ?? 0) << 16n) | BigInt(written.get(at + 1) ?? 0);
  const enable = (): void => {
    if (written.get(22) !== 1) {
      site.release();
      return;
    }
    const outW = BigInt.asIntN(32, doubleAt(24)) * TENS;
    const seconds = Number(doubleAt(31));
    site.order(outW, seconds === 0 ? Number.MAX_SAFE_INTEGER : seconds * 1_000);
  };
  const says = Object.fromEntries(
    [22, 23, 24, 25, 26, 27, 30, 31, 32].map((at) => [at, () => written.get(at) ?? 0] as const),
  );
  return {
    id: 704,
    length: 65,
    says: {
      ...says,
      22: () => (site.orderLeftMs > 0 ? 1 : 0),
      ...doubleWord(33, () => BigInt(Math.ceil(site.orderLeftMs / 1_000))),
      55: constant(1n),
    },
    writes(at, words) {
      if (words.some((_, offset) => says[at + offset] === undefined)) return false;
      for (const [offset, told] of words.entries()) written.set(at + offset, told);
      if (at <= 22 && at + words.length > 22) enable();
      return true;
    },
  };
};

export const batteryRegisters = (site: SitePhysics): ServedRegisters => {
  const { batteryW, batteryCapacityWh } = site.options;
  return sunspecRegisters([
    { id: 701, length: 153, says: { 10: () => word(site.batteryW / TENS), 116: constant(1n) } },
    {
      id: 702,
      length: 50,
      says: { 34: constant(batteryW / TENS), 35: constant(batteryW / TENS), 45: constant(1n) },
    },
    orderModel(site),
    {
      id: 713,
      length: 7,
      says: {
        ...{ 2: constant(batteryCapacityWh / TENS), 3: () => word(site.storedWh / TENS), 7: constant(1n) },
        ...{ 4: () => word(site.socPermille), 5: () => NOT_IMPLEMENTED, 8: constant(MINUS_ONE) },
      },
    },
  ]);
};
