import { formatDay } from '../../time/zone.ts';
import { energyByHour } from './place.ts';
import { priceAt, type PriceSpan } from './prices.ts';
import type { Replay } from './replay.ts';

/** What a tariff made from a forecast misses against the same policy fed with the load that came. */
export interface Regret {
  /** Mean distance of the published from the right price over all slots, in micros per kWh rounded down. */
  readonly meanDistanceMicrosPerKWh: bigint;
  readonly largestDistanceMicrosPerKWh: bigint;
  /** Slots with exactly the right price, in parts per million. */
  readonly equalPpm: bigint;
  /** Takings under the forecast less takings under foresight. */
  readonly takingsMicros: bigint;
  /** Worth at the right prices of the energy where the forecast's prices put it, less where the right ones put it. */
  readonly misplacedMicros: bigint;
  /** Sum over sessions of the distance between the two bills. */
  readonly billDistanceMicros: bigint;
  readonly peakEnergyWh: bigint;
  readonly byWeek: readonly { readonly fromDay: string; readonly meanDistanceMicrosPerKWh: bigint }[];
}

/** Compares prices alone: what any forecast of the load does to the tariff. */
export function priceRegret(
  prices: PriceSpan,
  right: PriceSpan,
): Pick<Regret, 'meanDistanceMicrosPerKWh' | 'largestDistanceMicrosPerKWh' | 'equalPpm' | 'byWeek'> {
  const all = new Distance();
  const weeks = new Map<number, Distance>();
  const first = Math.min(...right.days.keys());
  for (const [day, slots] of right.days) {
    const week = day - ((day - first) % 7);
    const own = weeks.get(week) ?? new Distance();
    weeks.set(week, own);
    slots.forEach(({ microsPerKWh }, index) => {
      const published = prices.days.get(day)?.[index]?.microsPerKWh;
      if (published === undefined) throw new Error(`day ${formatDay(day)} has no published price`);
      all.add(published - microsPerKWh);
      own.add(published - microsPerKWh);
    });
  }
  return {
    meanDistanceMicrosPerKWh: all.mean(),
    largestDistanceMicrosPerKWh: all.largest,
    equalPpm: all.equalPpm(),
    byWeek: [...weeks].map(([day, own]) => ({
      fromDay: formatDay(day),
      meanDistanceMicrosPerKWh: own.mean(),
    })),
  };
}

/** Compares prices and what they did. Both replays are of the same sessions in the same order. */
export function regretOf(prices: PriceSpan, done: Replay, right: PriceSpan, foresight: Replay): Regret {
  return {
    ...priceRegret(prices, right),
    takingsMicros: done.settled.totalMicros - foresight.settled.totalMicros,
    misplacedMicros: worthMicros(done, right) - worthMicros(foresight, right),
    billDistanceMicros: done.rated.reduce((sum, { totalMicros }, index) => {
      const difference = totalMicros - (foresight.rated[index]?.totalMicros ?? 0n);
      return sum + (difference < 0n ? -difference : difference);
    }, 0n),
    peakEnergyWh: done.peakEnergyWh - foresight.peakEnergyWh,
  };
}

/** Worth of the energy, hour by hour, at the prices of perfect foresight. Each hour's is rounded down. */
function worthMicros(done: Replay, right: PriceSpan): bigint {
  let worth = 0n;
  for (const { session, startMs } of done.rated)
    for (const [hour, energyWh] of energyByHour(session, startMs))
      worth += ((priceAt(right, hour) ?? 0n) * energyWh) / 1000n;
  return worth;
}

class Distance {
  #sum = 0n;
  #count = 0n;
  #equal = 0n;
  largest = 0n;

  add(difference: bigint): void {
    const size = difference < 0n ? -difference : difference;
    this.#sum += size;
    this.#count++;
    if (size === 0n) this.#equal++;
    if (size > this.largest) this.largest = size;
  }

  mean(): bigint {
    return this.#count === 0n ? 0n : this.#sum / this.#count;
  }

  equalPpm(): bigint {
    return this.#count === 0n ? 0n : (this.#equal * 1_000_000n) / this.#count;
  }
}
