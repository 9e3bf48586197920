import type { DayGrid } from '../data/day-grid.ts';
import type { Calendar } from './calendar.ts';

/** What stays fixed over a run, decided from data before its first gate. */
export interface FeaturePlan {
  /** Temperatures at which the load's slope may change. */
  readonly knots: readonly number[];
  /** Whether a year or more of history makes the season worth its coefficients. */
  readonly seasonal: boolean;
}

/** Inputs of the features. `y` is the transformed load without holes, by `row * slots + slot`. */
export interface FeatureInputs {
  readonly grid: DayGrid;
  readonly calendar: Calendar;
  readonly y: Float64Array;
  /** Temperature as known at the gate of the row asked for, without holes. */
  readonly temperature: ((row: number, known: number) => TemperatureView) | undefined;
  /** A forecast of the load that was published before the gate, transformed like `y`. */
  readonly published: Float64Array | undefined;
}

/** Temperature by cell as the forecaster of one row may see it. */
export interface TemperatureView {
  at(cell: number): number;
  /** Mean of the `hours` up to and including a cell. */
  mean(cell: number, hours: number): number;
}

/** Writes feature rows. Layout and meaning are in `names`; `restrained` marks rare features for an absolute penalty. */
export class FeatureBuilder {
  readonly names: readonly string[];
  readonly restrained: Float64Array;
  readonly #inputs: FeatureInputs;
  readonly #plan: FeaturePlan;
  readonly #perHour: number;
  readonly #profile: Float64Array;

  constructor(inputs: FeatureInputs, plan: FeaturePlan) {
    this.#inputs = inputs;
    this.#plan = plan;
    this.#profile = weeklyProfile(inputs.y, 7 * inputs.grid.slots);
    this.#perHour = 60 / inputs.grid.stepMinutes;
    const names: string[] = [];
    // The layout is found by writing one row with names.
    const width = this.#write(
      40,
      inputs.grid.slots >> 1,
      inputs.grid.slots >> 1,
      undefined,
      new Float64Array(1024),
      0,
      names,
    );
    this.names = names;
    this.restrained = Float64Array.from(names, (name) => (name.startsWith('is.') ? RARE_PENALTY : 0));
    if (width !== names.length) throw new Error('feature names and values disagree');
  }

  /** What is usual at a cell's weekday and time: an average over the weeks before it that forgets with time. */
  #usual(cell: number): number {
    return this.#profile[cell < 0 ? 0 : cell] as number;
  }

  get width(): number {
    return this.names.length;
  }

  /** Features of every slot of `row`, seen from a gate that knows `known` slots of the row before. */
  build(row: number, known: number): Float64Array {
    const { grid, temperature } = this.#inputs;
    const out = new Float64Array(grid.slots * this.width);
    const view = temperature?.(row, known);
    for (let slot = 0; slot < grid.slots; slot++)
      this.#write(row, slot, known, view, out, slot * this.width, undefined);
    return out;
  }

  #write(
    row: number,
    slot: number,
    known: number,
    view: TemperatureView | undefined,
    out: Float64Array,
    offset: number,
    names: string[] | undefined,
  ): number {
    const { grid, calendar, y, published } = this.#inputs;
    const S = grid.slots;
    let at = offset;
    const put = (name: string, value: number): void => {
      out[at++] = value;
      names?.push(name);
    };
    const load = (cell: number): number => y[cell < 0 ? 0 : cell] as number;
    const flag = (table: Uint8Array, index: number): number => (index >= 0 ? (table[index] ?? 0) : 0);

    const weekday = calendar.weekday[row] as number;
    const holiday = flag(calendar.holiday, row);
    const weekend = weekday === 0 || weekday === 6 ? 1 : 0;
    const off = holiday | weekend;
    put('1', 1);
    for (let day = 0; day < 7; day++) put(`weekday.${day}`, weekday === day ? 1 : 0);
    put('is.holiday', holiday);
    put('is.holidayWorkday', holiday & (1 - weekend));
    put('is.afterHoliday', flag(calendar.holiday, row - 1));
    put('is.beforeHoliday', flag(calendar.holiday, row + 1));
    put('is.bridge', flag(calendar.bridge, row));
    for (const [name, days] of SPECIAL_DAYS)
      put(`is.${name}`, days.includes(calendar.monthDay[row] as number) ? 1 : 0);
    for (let name = 0; name < calendar.names.length; name++)
      put(`is.name${name}`, calendar.name[row] === name ? 1 : 0);

    // The newest day that shows this slot: yesterday when the gate is past it.
    const lag = slot < known ? 1 : 2;
    const gate = (row - 1) * S + known - 1;
    const same = (row - lag) * S + slot;
    const week = (row - 7) * S + slot;
    put('is.lagHoliday', flag(calendar.holiday, row - lag));
    put('is.lag2Holiday', flag(calendar.holiday, row - lag - 1));
    put('is.weekLagHoliday', flag(calendar.holiday, row - 7));
    put('is.weekLagBridge', flag(calendar.bridge, row - 7));
    if (this.#plan.seasonal) {
      const angle = calendar.yearAngle[row] as number;
      for (let harmonic = 1; harmonic <= 4; harmonic++) {
        put(`year.cos${harmonic}`, Math.cos(harmonic * angle));
        put(`year.sin${harmonic}`, Math.sin(harmonic * angle));
      }
      put('yearOff.cos', off * Math.cos(angle));
      put('yearOff.sin', off * Math.sin(angle));
      put('summerTime', flag(calendar.summerTime, row));
      put('trend', row / 365);
    }
    const yesterday = load(same);
    const lastWeek = load(week);
    put('lag.same', yesterday);
    put('lag.next', load(same - S));
    put('lag.third', load(same - 2 * S));
    put('lag.7', lastWeek);
    put('lag.14', load(week - 7 * S));
    put('lag.weeks', (lastWeek + load(week - 7 * S) + load(week - 14 * S) + load(week - 21 * S)) / 4);
    const hour = this.#perHour;
    put('lag.same-1h', load(same - hour));
    put('lag.same-2h', load(same - 2 * hour));
    put('lag.same+1h', same + hour <= gate ? load(same + hour) : yesterday);
    const change = yesterday - lastWeek;
    put('lag.changeMonday', weekday === 1 ? change : 0);
    put('lag.changeSaturday', weekday === 6 ? change : 0);
    put('lag.changeSunday', weekday === 0 ? change : 0);
    put('lag.changeHoliday', holiday * change);

    const dev = (cell: number): number => load(cell) - this.#usual(cell);
    const meanDev = (cells: number): number => {
      let sum = 0;
      for (let back = 0; back < cells; back++) sum += dev(gate - back);
      return sum / cells;
    };
    put('usual', this.#usual(row * S + slot));
    put('dev.same', dev(same));
    put('dev.last', dev(gate));
    put('dev.3h', meanDev(3 * hour));
    put('dev.day', meanDev(S));
    put('dev.week', meanDev(7 * S));

    const mean = (end: number, cells: number): number => {
      let sum = 0;
      for (let back = 0; back < cells; back++) sum += load(end - back);
      return sum / cells;
    };
    put('gate.last', load(gate));
    put('gate.3h', mean(gate, 3 * hour));
    put('gate.3hDayBefore', mean(gate - S, 3 * hour));
    put('gate.3hWeekBefore', mean(gate - 7 * S + S, 3 * hour));
    put('gate.8h', mean(gate, 8 * hour));
    put('gate.8hDayBefore', mean(gate - S, 8 * hour));
    for (let back = 0; back < 7; back++) put(`gate.day${back}`, mean(gate - back * S, S));
    for (let block = 0; block < 8; block++)
      put(`gate.block${block}`, mean(gate - block * 3 * hour, 3 * hour));
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let back = 0; back < S; back++) {
      low = Math.min(low, load(gate - back));
      high = Math.max(high, load(gate - back));
    }
    put('gate.min', low);
    put('gate.max', high);
    put('gate.month', (mean(gate, 7 * S) + mean(gate - 7 * S, 7 * S) + mean(gate - 14 * S, 14 * S) * 2) / 4);
    if (published !== undefined) {
      const cell = row * S + slot;
      put('published', published[cell] as number);
      put('published-1h', published[Math.max(row * S, cell - hour)] as number);
      put('published+1h', published[Math.min(row * S + S - 1, cell + hour)] as number);
      put('published.day', mean2(published, row * S, S));
      put('published.lag', published[same] as number);
      put('published.gate', mean2(published, gate - 3 * hour + 1, 3 * hour));
      put('published.gateDay', mean2(published, gate - S + 1, S));
      const missed = (end: number, cells: number): number =>
        mean(end, cells) - mean2(published, end - cells + 1, cells);
      put('published.missSame', yesterday - (published[same] as number));
      put('published.miss3h', missed(gate, 3 * hour));
      put('published.missDay', missed(gate, S));
      put('published.missWeek', missed(gate, 7 * S));
    }
    if (this.#inputs.temperature !== undefined)
      this.#temperature(row, slot, same, week, gate, off, view, put);
    return at - offset;
  }

  #temperature(
    row: number,
    slot: number,
    same: number,
    week: number,
    gate: number,
    off: number,
    view: TemperatureView | undefined,
    put: (name: string, value: number) => void,
  ): void {
    const { grid, calendar } = this.#inputs;
    const cell = row * grid.slots + slot;
    const knots = this.#plan.knots;
    const outer = knots.filter((_, index) => index % 2 === 1);
    const read = (hours: number, where: number): number =>
      view === undefined ? 0 : hours === 0 ? view.at(where) : view.mean(where, hours);
    const hinges = (name: string, value: number, at: readonly number[]): void => {
      put(name, value);
      at.forEach((knot, index) => {
        put(`${name}>${index}`, Math.max(0, value - knot));
      });
    };
    const now = read(0, cell);
    const day = read(24, cell);
    hinges('t', now, knots);
    hinges('t3h', read(3, cell), outer);
    hinges('t8h', read(8, cell), outer);
    hinges('t24h', day, knots);
    hinges('t72h', read(72, cell), outer);
    hinges('tSame', read(0, same), outer);
    hinges('tSame24h', read(24, same), outer);
    hinges('tWeek', read(0, week), outer);
    hinges('tGate', read(24, gate), outer);
    hinges('tGate3h', read(3, gate), outer);
    const end = row * grid.slots + grid.slots - 1;
    hinges('tDay', read(24, end), outer);
    for (const [index, knot] of outer.entries()) put(`tOff>${index}`, off * Math.max(0, now - knot));
    put('tOff', off * now);
    if (this.#plan.seasonal) {
      const angle = calendar.yearAngle[row] as number;
      put('t.cos', now * Math.cos(angle));
      put('t.sin', now * Math.sin(angle));
    }
  }
}

/** The running average of each weekly time, made of the weeks before a cell's own. */
function weeklyProfile(y: Float64Array, week: number): Float64Array {
  const profile = Float64Array.from(y);
  for (let cell = week; cell < y.length; cell++) {
    const before = profile[cell - week] as number;
    profile[cell] = before + WEEKLY_LEARNING * ((y[cell - week] as number) - before);
  }
  return profile;
}

const WEEKLY_LEARNING = 0.25;

/** Pseudo-samples that pull the effect of a rare day towards none. */
const RARE_PENALTY = 0.7;

/** Days that many countries keep though few calendars list them, as month × 100 + day. */
const SPECIAL_DAYS: readonly (readonly [string, readonly number[]])[] = [
  ['christmasEve', [1224]],
  ['christmas', [1225]],
  ['secondChristmas', [1226]],
  ['betweenYears', [1227, 1228, 1229, 1230]],
  ['newYearsEve', [1231]],
  ['newYear', [101]],
  ['afterNewYear', [102, 103]],
];

function mean2(values: Float64Array, start: number, count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += values[Math.max(0, start + index)] as number;
  return sum / count;
}
