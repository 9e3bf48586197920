import type { Car, Stay } from '../cars.ts';
import { stepMsOf, type Site } from '../site.ts';
import { Forest } from './forest.ts';

/** When a car may leave, as far as earlier stays tell. */
export interface Departures {
  /**
   * The chance that a car which is there at the begin of `now` is still there so many steps later, one a number of `after`; parts of a step
   * count. It never rises. Undefined when too few stays are known.
   */
  stays(car: Car, now: number, after: readonly number[]): readonly number[] | undefined;
}

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
const DAY_MS = DAY_HOURS * HOUR_MS;
/** Of the stays that ended before a car came, so many of the latest are learnt from. */
const LEARNT_FROM = 3_000;
const FEWEST = 50;
/** Learnt anew when there are so many times as many, and after so long. */
const GROWN = 1.25;
const OUT_OF_DATE_MS = 14 * DAY_MS;
/** Each stay is spread over so much time to either side of its end, so that no chance jumps from one step to the next. */
const SPREAD_MS = HOUR_MS / 2;
/** What is told apart; who stays for longer is only known to. */
const TOLD_MS = 2 * DAY_MS;
/** A car that has outstayed all of those stays on for about so long, and what that case weighs. */
const OUTSTAYED_MS = 4.5 * HOUR_MS;
const OUTSTAYED_WEIGHT = 0.01;
/** A station's own habit counts as much as that of all when so many stays are known of it. */
const HABIT_STAYS = 5;
/** The middle of a list, from this part to that: narrow where it tells much. */
const [MIDDLE_FROM, MIDDLE_TO] = [0.2, 0.8];

const hoursOf = (ms: number): number => ms / HOUR_MS;

/** Hours either way on a scale on which half an hour of some minutes is as much as of some hours. */
const scaled = (hours: number): number => Math.sign(hours) * Math.log1p(2 * Math.abs(hours));

const lastedOf = ({ arrivalMs, departureMs }: Stay): number => departureMs - arrivalMs;
const offOf = ({ departureMs, declaredDepartureMs }: Stay): number | undefined =>
  declaredDepartureMs === undefined ? undefined : departureMs - declaredDepartureMs;

const scaledOf = (stay: Stay): { readonly lasted: number; readonly off: number } => ({
  lasted: scaled(hoursOf(lastedOf(stay))),
  off: scaled(hoursOf(offOf(stay) ?? 0)),
});

const spreadOf = (sorted: readonly number[]): number =>
  (sorted[Math.floor(sorted.length * MIDDLE_TO)] ?? 0) -
  (sorted[Math.floor(sorted.length * MIDDLE_FROM)] ?? 0);

const normal = (values: readonly number[]): Float64Array => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const size = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1;
  return Float64Array.from(values, (value) => (value - mean) / size);
};

/** Means of how long stays were and how far off their declarations, of each station, drawn to those of all. */
class Habits {
  readonly #byStation = new Map<string, { count: number; lasted: number; off: number }>();
  readonly #all = { count: 0, lasted: 0, off: 0 };

  constructor(stays: readonly Stay[]) {
    for (const stay of stays) {
      const { lasted, off } = scaledOf(stay);
      const own = this.#byStation.get(stay.stationId) ?? { count: 0, lasted: 0, off: 0 };
      for (const sums of [own, this.#all]) {
        sums.count += 1;
        sums.lasted += lasted;
        sums.off += off;
      }
      this.#byStation.set(stay.stationId, own);
    }
  }

  /** Of a station, without one of its stays: a stay that is learnt from must not tell of itself. */
  of({ stationId }: Stay, without?: Stay): readonly [number, number] {
    const own = this.#byStation.get(stationId) ?? { count: 0, lasted: 0, off: 0 };
    const less = without === undefined ? { lasted: 0, off: 0 } : scaledOf(without);
    const count = own.count - (without === undefined ? 0 : 1) + HABIT_STAYS;
    const mean = (sum: number, all: number): number => (sum + (HABIT_STAYS * all) / this.#all.count) / count;
    return [mean(own.lasted - less.lasted, this.#all.lasted), mean(own.off - less.off, this.#all.off)];
  }
}

/** What is known of a stay when it begins. */
const featuresOf = (stay: Stay, habits: Habits, without?: Stay): readonly number[] => {
  const { arrivalMs, declaredDepartureMs, energyWh, declaredEnergyWh } = stay;
  const weekday = new Date(arrivalMs).getUTCDay();
  const said = declaredDepartureMs === undefined ? -1 : hoursOf(declaredDepartureMs - arrivalMs);
  return [
    hoursOf(arrivalMs) % DAY_HOURS,
    weekday === 0 || weekday === 6 ? 1 : 0,
    said,
    declaredDepartureMs === undefined ? -1 : hoursOf(declaredDepartureMs) % DAY_HOURS,
    Number(declaredEnergyWh ?? energyWh),
    ...habits.of(stay, without),
  ];
};

/** What was learnt at one time. */
class Lesson {
  readonly #stays: readonly Stay[];
  readonly #habits: Habits;
  readonly #forest: Forest;

  constructor(stays: readonly Stay[]) {
    this.#stays = stays;
    this.#habits = new Habits(stays);
    const rows = stays.map((stay) => featuresOf(stay, this.#habits, stay));
    const columns = (rows[0] ?? []).map((_, at) => Float64Array.from(rows, (row) => row[at] ?? 0));
    const targets = stays.map(scaledOf);
    this.#forest = new Forest(columns, [
      normal(targets.map(({ lasted }) => lasted)),
      normal(targets.map(({ off }) => off)),
    ]);
  }

  /**
   * When a stay may end, ms with weights that add up to one: of those alike either as long after what was declared as they did, or after such
   * a time, whichever of the two they agree on more.
   */
  endsOf(stay: Stay): readonly { readonly atMs: number; readonly weight: number }[] {
    const lists = this.#forest.like(featuresOf(stay, this.#habits));
    return lists.flatMap((rows) => {
      const alike = Array.from(rows, (row) => this.#stays[row]).filter((one) => one !== undefined);
      const weight = 1 / (alike.length * lists.length);
      const lasted = alike.map(lastedOf).sort((a, b) => a - b);
      const off = alike.flatMap((one) => offOf(one) ?? []).sort((a, b) => a - b);
      const said = off.length === alike.length ? stay.declaredDepartureMs : undefined;
      return said !== undefined && spreadOf(off) < spreadOf(lasted)
        ? off.map((ms) => ({ atMs: said + ms, weight }))
        : lasted.map((ms) => ({ atMs: stay.arrivalMs + ms, weight }));
    });
  }
}

/** The chance to be there at the begin of each step from the first on. */
const curveOf = (car: Car, lesson: Lesson, stepMs: number): Float64Array => {
  const steps = Math.ceil(TOLD_MS / stepMs);
  const half = Math.max(1, Math.round(SPREAD_MS / stepMs));
  const gone = new Float64Array(steps + 1);
  for (const { atMs, weight } of lesson.endsOf(car.stay)) {
    const end = Math.max(0, Math.round(atMs / stepMs) - car.firstStep);
    const [from, to] = [Math.max(0, end - half), Math.min(steps - 1, end + half)];
    for (let step = from; step <= to; step += 1) gone[step] = (gone[step] ?? 0) + weight / (to - from + 1);
  }
  let left = 1;
  return gone.map((part) => {
    const there = left;
    left = Math.max(0, left - part);
    return there;
  });
};

/**
 * Learns from stays that have ended by the time a car comes: when it may leave, given its hour and day, what its driver declared, its energy
 * and its station. Where declared departures tell nothing, what remains is how long such stays are.
 */
export const learntDepartures = (stays: readonly Stay[], site: Site): Departures => {
  const ended = [...stays].sort((a, b) => a.departureMs - b.departureMs);
  const stepMs = stepMsOf(site);
  const curves = new Map<number, Float64Array | undefined>();
  let learnt: { readonly lesson: Lesson; readonly count: number; readonly atMs: number } | undefined;

  const endedBy = (ms: number): number => {
    let [low, high] = [0, ended.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ended[middle]?.departureMs ?? Infinity) <= ms) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const lessonAt = (ms: number): Lesson | undefined => {
    const count = endedBy(ms);
    if (count < FEWEST) return undefined;
    if (learnt === undefined || count >= GROWN * learnt.count || Math.abs(ms - learnt.atMs) > OUT_OF_DATE_MS)
      learnt = {
        lesson: new Lesson(ended.slice(Math.max(0, count - LEARNT_FROM), count)),
        count,
        atMs: ms,
      };
    return learnt.lesson;
  };

  const curveFor = (car: Car): Float64Array | undefined => {
    if (!curves.has(car.index)) {
      const lesson = lessonAt(car.stay.arrivalMs);
      curves.set(car.index, lesson && curveOf(car, lesson, stepMs));
    }
    return curves.get(car.index);
  };

  return {
    stays: (car, now, after) => {
      const curve = curveFor(car);
      if (curve === undefined) return undefined;
      const last = curve.length - 1;
      const thereAt = (step: number): number => {
        const at = Math.min(last, Math.max(0, step));
        const [whole, part] = [Math.floor(at), at % 1];
        const there = (curve[whole] ?? 0) * (1 - part) + (curve[whole + 1] ?? 0) * part;
        return (1 - OUTSTAYED_WEIGHT) * there + OUTSTAYED_WEIGHT * Math.exp((-step * stepMs) / OUTSTAYED_MS);
      };
      const begun = now - car.firstStep;
      const atNow = thereAt(begun);
      return after.map((steps) => thereAt(begun + steps) / atNow);
    },
  };
};
