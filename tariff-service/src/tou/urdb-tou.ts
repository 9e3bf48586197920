import { z } from 'zod';
import type { Zone } from '../time/zone.ts';
import { periodMicrosPerKWh, type UrdbRate } from '../urdb/rate.ts';
import { localTimeOf, TouError, touMicrosOf, type TouRate } from './tou-rate.ts';

/** Peak charges of a rate. Spec: OpenEI Utility Rate Database, API version 7, "flatdemandstructure". */
const demand = z.looseObject({
  flatdemandstructure: z
    .array(z.array(z.looseObject({ rate: z.number().default(0), adj: z.number().default(0) })).min(1))
    .default([]),
  flatdemandmonths: z.array(z.int().min(0)).length(12).optional(),
  flatdemandunit: z.string().default('kW'),
  demandratestructure: z.array(z.unknown()).optional(),
});

/**
 * The energy price and the flat peak charge of a rate. Fixed charges are not counted: they are the same whoever charges when. Peak charges
 * that differ by the time of day are not counted either, which a note says.
 * @throws TouError, UrdbError when a price cannot be read or has tiers
 */
export const urdbTou = (rate: UrdbRate, zone: Zone): TouRate => {
  const { flatdemandstructure, flatdemandmonths, flatdemandunit, demandratestructure } = demand.parse(rate);
  const energy = rate.energyratestructure.map((_, period) => periodMicrosPerKWh(rate, period));
  const peaks = flatdemandstructure.map(([tier, second], at) => {
    const where = `flatdemandstructure[${at}]`;
    if (tier === undefined || second !== undefined)
      throw new TouError(`${where}: peak charges with tiers are not read`);
    return touMicrosOf(tier.rate, `${where}.rate`) + touMicrosOf(tier.adj, `${where}.adj`);
  });
  if (peaks.some((micros) => micros > 0n) && flatdemandunit !== 'kW')
    throw new TouError(`flatdemandunit is ${flatdemandunit}: only a price a kW is read`);
  return {
    name: rate.name,
    energyMicrosPerKWh: (atMs) => {
      const { month, isWeekend, minuteOfDay } = localTimeOf(zone, atMs);
      const schedule = isWeekend ? rate.energyweekendschedule : rate.energyweekdayschedule;
      const micros = energy[schedule[month]?.[Math.floor(minuteOfDay / 60)] ?? -1];
      if (micros === undefined) throw new TouError('the schedule names a period that the rate does not have');
      return micros;
    },
    peakMicrosPerKW: (atMs) => {
      const { month, monthKey } = localTimeOf(zone, atMs);
      return { month: monthKey, micros: peaks[flatdemandmonths?.[month] ?? 0] ?? 0n };
    },
    notes:
      demandratestructure === undefined
        ? []
        : ['peak charges that differ by the time of day are not counted, the flat one is'],
  };
};
