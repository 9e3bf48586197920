import type { Cdr, StatedCost } from './cdr.ts';
import type { Rated, TaxedMicros, TaxSide } from './rated.ts';

/** The rated amounts under the names that OCPI gives them; a credit CDR states its `total_cost` negated. */
export const costsOf = (rated: Rated, cdr: Pick<Cdr, 'isCredit'>): ReadonlyMap<StatedCost, TaxedMicros> => {
  const sign = cdr.isCredit ? -1n : 1n;
  return new Map<StatedCost, TaxedMicros>([
    [
      'total_cost',
      {
        micros: sign * rated.totalMicros,
        taxMicros: sign * rated.taxMicros,
        inclTaxMicros: sign * rated.totalInclTaxMicros,
      },
    ],
    ['total_fixed_cost', rated.fixed],
    ['total_energy_cost', rated.energy],
    ['total_time_cost', rated.time],
    ['total_parking_cost', rated.parking],
    ['total_reservation_cost', rated.reservation],
  ]);
};

/** Lines that make each cost. */
export const COST_KINDS: Readonly<Record<Exclude<StatedCost, 'total_cost'>, readonly string[]>> = {
  total_fixed_cost: ['FLAT'],
  total_energy_cost: ['ENERGY'],
  total_time_cost: ['TIME'],
  total_parking_cost: ['PARKING_TIME'],
  total_reservation_cost: ['RESERVATION_TIME', 'RESERVATION_FLAT'],
};

/** The sides of a total that its lines leave open, because a tax is nowhere stated. */
export const unknownSidesOf = (rated: Rated, cost: StatedCost): ReadonlySet<TaxSide> =>
  new Set(
    rated.lines
      .filter(({ type }) => cost === 'total_cost' || COST_KINDS[cost].includes(type))
      .flatMap(({ unknownSide }) => unknownSide ?? []),
  );
