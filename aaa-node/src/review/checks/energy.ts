import { timeCounts } from '@roamgrid/wire';
import { endsOf, outletOf, type Check } from '../record.ts';

const MS_PER_HOUR = 3_600_000n;
const MILLI = 1_000n;
/** Meters' stamps are often cut to the minute. */
const STAMP_MS = 60_000;

/** The outlet can have given the energy in the time. Where the meter vouches for no time, there is nothing to compare with. */
export const energy: Check = (record, ground) => {
  if (!timeCounts(record.settled.close.readings)) return undefined;
  const outlet = outletOf(record, ground);
  if (outlet === undefined) return undefined;
  const [first, last] = endsOf(record);
  const gainedMilliWh = last.registerMilliWh - first.registerMilliWh;
  const lengthMs = last.atMs - first.atMs;
  const mostMilliWh = (outlet.maxPowerW * BigInt(lengthMs + STAMP_MS) * MILLI) / MS_PER_HOUR;
  if (gainedMilliWh <= mostMilliWh) return undefined;
  return {
    reason: 'ENERGY',
    statement: 'the meter counted more energy than the outlet can give in the time',
    figures: {
      gainedMilliWh: gainedMilliWh.toString(),
      mostMilliWh: mostMilliWh.toString(),
      maxPowerW: outlet.maxPowerW.toString(),
      lengthMs: lengthMs.toString(),
    },
  };
};
