import { rationalToDecimal } from '../tariff/decimal-text.ts';
import type { Note } from '../tariff/index.ts';
import { add, compare, isPositive, rational, ZERO, type Rational } from '../tariff/rational.ts';
import type { Cdr, CdrPeriod } from './cdr.ts';
import { energyAtMost, MOST_POWER_KW } from './outlet-power.ts';

/**
 * Volumes that cannot be. They are priced as stated, for the price is the issuer's word, but each is told: a time in
 * another unit or an odometer taken for a session's energy looks like any other number.
 */

const MS_PER_HOUR = 3_600_000n;
/** Half of the fourth decimal of an hour and a second, the resolution of most stamps. */
const TIME_TOLERANCE = add(rational(1n, 20_000n), rational(1n, 3_600n));

const text = (value: Rational): string => rationalToDecimal(value, 6);
const TIMES = ['TIME', 'PARKING_TIME', 'RESERVATION_TIME'] as const;

/** Times of one period that its clock does not hold, each alone or together. */
const timeNote = ({ volumes }: CdrPeriod, lengthMs: number, pointer: string): Note | undefined => {
  const stated = TIMES.filter((type) => isPositive(volumes.get(type) ?? ZERO));
  const hours = stated.reduce<Rational>((sum, type) => add(sum, volumes.get(type) ?? ZERO), ZERO);
  const length = rational(BigInt(lengthMs), MS_PER_HOUR);
  if (compare(hours, add(length, TIME_TOLERANCE)) <= 0) return undefined;
  const message = `${stated.join(' and ')} of ${text(hours)} h cannot lie in a period of ${text(length)} h; priced as stated`;
  return { code: 'TIME_IMPOSSIBLE', message, pointer };
};

/** Energy that the period's own power, its outlet, or any outlet could not give in the time. */
const energyNote = (
  { volumes }: CdrPeriod,
  lengthMs: number,
  outletKw: Rational | undefined,
  pointer: string,
): Note | undefined => {
  const energy = volumes.get('ENERGY') ?? volumes.get('ENERGY_IMPORT');
  if (energy === undefined || !isPositive(energy)) return undefined;
  const bounds: readonly (readonly [Rational | undefined, string])[] = [
    [volumes.get('MAX_POWER'), 'the period states at most'],
    [outletKw, 'its outlet gives at most'],
    [MOST_POWER_KW, 'no outlet gives more than'],
  ];
  for (const [kW, says] of bounds) {
    if (kW === undefined || !isPositive(kW)) continue;
    if (compare(energy, energyAtMost(kW, lengthMs)) <= 0) continue;
    const length = text(rational(BigInt(lengthMs), MS_PER_HOUR));
    const message = `ENERGY of ${text(energy)} kWh cannot flow in ${length} h: ${says} ${text(kW)} kW; priced as stated`;
    return { code: 'ENERGY_IMPOSSIBLE', message, pointer };
  }
  return undefined;
};

/** Totals of the CDR that its own clock or its other totals contradict. */
const totalNotes = (cdr: Cdr): readonly Note[] => {
  const notes: Note[] = [];
  const total = cdr.statedQuantities.get('total_time');
  const parked = cdr.statedQuantities.get('total_parking_time');
  const firstMs = Math.min(cdr.startMs, ...cdr.periods.map(({ startMs }) => startMs));
  const length = rational(BigInt(cdr.endMs - firstMs), MS_PER_HOUR);
  const minute = rational(1n, 60n);
  if (total !== undefined && compare(total, add(length, minute)) > 0) {
    const message = `total_time of ${text(total)} h is longer than the session, ${text(length)} h`;
    notes.push({ code: 'TOTALS_CONTRADICT', message, pointer: '/total_time' });
  }
  if (total !== undefined && parked !== undefined && compare(parked, add(total, TIME_TOLERANCE)) > 0) {
    const message = `total_parking_time of ${text(parked)} h is more than total_time, ${text(total)} h`;
    notes.push({ code: 'TOTALS_CONTRADICT', message, pointer: '/total_parking_time' });
  }
  return notes;
};

/** Everything in a CDR that cannot be, in the order of the file. */
export const implausible = (
  cdr: Cdr,
  periods: readonly { readonly period: CdrPeriod; readonly position: number; readonly endMs: number }[],
): readonly Note[] => [
  ...periods.flatMap(({ period, position, endMs }) => {
    const pointer = `/charging_periods/${position}`;
    const lengthMs = endMs - period.startMs;
    return [timeNote(period, lengthMs, pointer), energyNote(period, lengthMs, cdr.outletKw, pointer)].filter(
      (note) => note !== undefined,
    );
  }),
  ...totalNotes(cdr),
];
