import { z } from 'zod';

const hourRow = z.array(z.int().min(0)).length(24);
const schedule = z.array(hourRow).length(12);

const tier = z.looseObject({
  /** Currency units per kWh. */
  rate: z.number().default(0),
  /** Adjustment added to the rate. */
  adj: z.number().default(0),
  /** Upper edge of the tier; absent for the last one. */
  max: z.number().optional(),
  unit: z.string().optional(),
});

/** The part of a utility rate that prices energy by time. Spec: OpenEI Utility Rate Database, API version 7. */
export const urdbRate = z.looseObject({
  label: z.string(),
  utility: z.string(),
  name: z.string(),
  uri: z.string().optional(),
  energyratestructure: z.array(z.array(tier).min(1)).min(1),
  /** 12 months × 24 local hours → index into `energyratestructure`. */
  energyweekdayschedule: schedule,
  energyweekendschedule: schedule,
  energytoulabels: z.array(z.string()).optional(),
});
export type UrdbRate = z.infer<typeof urdbRate>;

/** A file as the database serves it. */
export const urdbFile = z.looseObject({ items: z.array(urdbRate).min(1) });

/** Why a rate cannot become a charging tariff. */
export class UrdbError extends Error {
  override readonly name = 'UrdbError';
  readonly code: 'TIERED' | 'UNIT' | 'PRECISION' | 'PERIOD';
  constructor(code: UrdbError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const DECIMAL = /^(-?)(\d+)(?:\.(\d{1,6}))?$/;

/** Exact micros of a decimal of the file; the shortest text of the parsed number is the file's own digits. */
function microsOf(value: number, where: string): bigint {
  const match = DECIMAL.exec(String(value));
  if (!match) throw new UrdbError('PRECISION', `${where}: ${value} is not a decimal of at most six places`);
  const [, sign, whole, fraction = ''] = match;
  const micros = BigInt(`${whole ?? ''}${fraction.padEnd(6, '0')}`);
  return sign === '-' ? -micros : micros;
}

/**
 * Energy price of a period in micros per kWh.
 * @throws UrdbError TIERED when the period has usage tiers: a charging session has no place in a monthly tier.
 */
export function periodMicrosPerKWh(rate: UrdbRate, period: number): bigint {
  const tiers = rate.energyratestructure[period];
  const [first, second] = tiers ?? [];
  if (!first)
    throw new UrdbError('PERIOD', `the schedule names period ${period}, the rate has no such period`);
  if (second || first.max !== undefined) {
    throw new UrdbError('TIERED', `period ${period} has usage tiers; choose a rate without them`);
  }
  if (first.unit !== undefined && first.unit !== 'kWh') {
    throw new UrdbError('UNIT', `period ${period} is priced by ${first.unit}, not kWh`);
  }
  const where = `energyratestructure[${period}]`;
  return microsOf(first.rate, `${where}.rate`) + microsOf(first.adj, `${where}.adj`);
}
