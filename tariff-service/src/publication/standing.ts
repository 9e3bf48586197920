import { formatDay } from '../time/zone.ts';

interface DatedElement {
  readonly price_components?: readonly { readonly type?: string; readonly price?: number }[];
  readonly restrictions?: {
    readonly start_date?: string;
    readonly end_date?: string;
    readonly start_time?: string;
    readonly end_time?: string;
  };
}

const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));

/**
 * Energy prices that a published tariff version promised for one local day, by minute of the slot, in micros a kWh.
 * Only elements dated for the day count: what follows when no version is published is not a promise.
 */
export function standingPrices(
  tariffJson: string,
  day: number,
  slotMinutes: number,
): ReadonlyMap<number, bigint> {
  const { elements = [] } = JSON.parse(tariffJson) as { elements?: readonly DatedElement[] };
  const date = formatDay(day);
  const prices = new Map<number, bigint>();
  for (const { price_components: components = [], restrictions = {} } of elements) {
    const { start_date: from, end_date: until, start_time: start = '00:00', end_time: end } = restrictions;
    if (from === undefined || from > date || (until !== undefined && until <= date)) continue;
    const price = components.find(({ type }) => type === 'ENERGY')?.price;
    if (price === undefined) continue;
    const last = end === undefined || end === '00:00' ? 1440 : minuteOf(end);
    for (let minute = minuteOf(start); minute < last; minute += slotMinutes) {
      // OCPI prices are JSON numbers; the nearest whole micro is the one that was published.
      if (!prices.has(minute)) prices.set(minute, BigInt(Math.round(price * 1e6)));
    }
  }
  return prices;
}
