import type { Decide, Hungry } from '../decide.ts';
import type { Pricing } from '../report.ts';
import { counted, levelsOf, stepMsOf, type Site } from '../site.ts';
import { cheapestCourse, departingOf, spansOf, type Span } from './course.ts';
import type { ExpectedMonth } from './expected-month.ts';
import { rankOf, urgenciesOf } from './urgency.ts';

const HALVINGS = 9;
/** Above every price of a kWh. */
const ANOTHER_MONTH_MICROS = 10n ** 12n;

export interface PeakOptions {
  readonly pricing: Pricing;
  readonly expected: (atMs: number) => Promise<ExpectedMonth>;
  /** Divides where a phase cannot carry what was decided for it. */
  readonly limited: Decide;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** The lowest whole number from `least` to `most` that is enough, to within some; `most` is taken to be. */
const lowestEnough = (
  least: number,
  most: number,
  within: number,
  isEnough: (value: number) => boolean,
): number => {
  if (isEnough(least)) return least;
  let [low, high] = [least, most];
  for (let at = 0; at < HALVINGS && high - low > within; at += 1) {
    const middle = Math.round((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high;
};

/** What a month has come to: told once when it begins, and kept. */
class Months {
  readonly #expected: PeakOptions['expected'];
  readonly #known = new Map<string, { readonly month: ExpectedMonth; peak: number }>();

  constructor(expected: PeakOptions['expected']) {
    this.#expected = expected;
  }

  async at(month: string, atMs: number): Promise<{ readonly month: ExpectedMonth; peak: number }> {
    const known = this.#known.get(month);
    if (known !== undefined) return known;
    const expected = await this.#expected(atMs);
    const begun = { month: expected, peak: expected.peak };
    this.#known.set(month, begun);
    return begun;
  }
}

/** No energy of another month is as cheap as any of this one: its peak is not begun. */
const pricesOf =
  (pricing: Pricing, stepMs: number, month: string) =>
  (step: number): bigint => {
    const price = pricing.energyMicrosPerKWh(step * stepMs);
    return pricing.peakMicrosPerKW(step * stepMs).month === month ? price : price + ANOTHER_MONTH_MICROS;
  };

/** What the weeks before needed in a span, mean W. */
const meanLoad = ({ load }: ExpectedMonth, { fromStep, toStep }: Span): number =>
  sumOf(Array.from({ length: toStep - fromStep }, (_, at) => load(fromStep + at))) / (toStep - fromStep);

/**
 * Divides where departures are known and energy or a month's highest power costs. All that can be served is, in the cheapest hours, below the
 * peak that the month is expected to come to or has reached; that rises only when somebody who is there could not be served otherwise. Later
 * hours keep room for what the weeks before needed in them. Those on a phase that cannot serve all who are on it do not wait.
 */
export const belowPeak = (site: Site, { pricing, expected, limited }: PeakOptions): Decide => {
  const stepMs = stepMsOf(site);
  const { room, every, least } = levelsOf(site);
  const floor = Math.ceil(least / every) * every;
  const most = counted(site.limitW);
  const lanes = Array.from({ length: site.phases }, (_, lane) => lane);
  const [laxity] = urgenciesOf(site);
  const months = new Months(expected);

  /** In the order of rank, each as much as it asks for of what is left for all phases together, whole levels. Nobody makes room: what is left is saved. */
  const inTurn = (asked: readonly number[], rank: readonly number[], room: number): readonly number[] => {
    const levels = asked.map(() => 0);
    let left = room;
    for (const at of [...asked.keys()].sort((a, b) => (rank[a] ?? 0) - (rank[b] ?? 0))) {
      const level = Math.min(asked[at] ?? 0, Math.floor(left / every) * every);
      if (level < floor) continue;
      levels[at] = level;
      left -= level;
    }
    return levels;
  };

  const fits = (hungry: readonly Hungry[], given: readonly number[]): boolean =>
    lanes.every((lane) => sumOf(given.filter((_, at) => hungry[at]?.car.lane === lane)) <= room);

  const atOnce: Decide = (hungry, step) => {
    const given = hungry.map(({ want }) => want);
    return fits(hungry, given) ? { given, decidedBy: 'open' } : limited(hungry, step);
  };

  const isShort = (hungry: readonly Hungry[], step: number): boolean => {
    const cars = departingOf(hungry, step, site);
    const { served } = cheapestCourse(
      cars,
      spansOf(cars, step, () => 0n),
      site,
      () => room,
    );
    return served < sumOf(cars.map(({ need }) => need));
  };

  /** Levels of those who can wait, beside what others take now. */
  const spread = async (
    hungry: readonly Hungry[],
    step: number,
    beside: number,
  ): Promise<readonly number[]> => {
    const { month, micros } = pricing.peakMicrosPerKW(step * stepMs);
    const begun = await months.at(month, step * stepMs);
    const cars = departingOf(hungry, step, site);
    const spans = spansOf(cars, step, pricesOf(pricing, stepMs, month));
    const wanted = sumOf(cars.map(({ need }) => need));
    const below =
      (limit: number) =>
      ({ fromStep }: Span): number =>
        limit - (fromStep === step ? beside : 0);
    const peak =
      micros > 0n
        ? lowestEnough(
            Math.max(begun.peak, floor),
            most,
            every,
            (limit) => cheapestCourse(cars, spans, site, below(limit)).served >= wanted,
          )
        : most;
    const { first } = cheapestCourse(cars, spans, site, below(peak), (span) => {
      if (span.fromStep === step) return 0;
      const load = meanLoad(begun.month, span);
      // Less than the least of an outlet is room for nobody.
      return span.price >= ANOTHER_MONTH_MICROS || peak - load < floor ? peak : load;
    });
    const asked = hungry.map(({ want }, at) => {
      const now = Math.ceil((first[at] ?? 0) / site.stepMinutes / every) * every;
      return now === 0 ? 0 : Math.min(want, Math.max(floor, now));
    });
    const rank = rankOf(hungry.map((one) => laxity.of(one, step)));
    const given = inTurn(asked, rank, peak - beside);
    begun.peak = Math.max(peak, beside + sumOf(given));
    return given;
  };

  return async (hungry, step) => {
    const onLane = (lane: number): readonly Hungry[] => hungry.filter(({ car }) => car.lane === lane);
    const shortLanes = new Set(lanes.filter((lane) => isShort(onLane(lane), step)));
    const short = hungry.filter(({ car }) => shortLanes.has(car.lane));
    const others = hungry.filter(({ car }) => !shortLanes.has(car.lane));
    const now = await atOnce(short, step);
    const later = await spread(others, step, sumOf(now.given));
    const levels = new Map<Hungry, number>([
      ...short.map((one, at) => [one, now.given[at] ?? 0] as const),
      ...others.map((one, at) => [one, later[at] ?? 0] as const),
    ]);
    const given = hungry.map((one) => levels.get(one) ?? 0);
    return fits(hungry, given) ? { given, decidedBy: 'plan' } : limited(hungry, step);
  };
};
