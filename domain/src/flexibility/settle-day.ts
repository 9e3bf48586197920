import { divide } from '../rounding/index.ts';
import { baselineOf, type BaselineMethod, type DayLoad } from './baseline.ts';
import {
  baselineDays,
  DAY_MS,
  type CalledEvent,
  type DayRules,
  type NoBaseline,
  type RecordedDay,
} from './days.ts';

/**
 * What a house is owed for a day of its meter: what it took less in events than its baseline (DR), what it gave to the grid in events (V2G) and
 * beside them (EXPORT). A quarter-hour counts by what the meter came to in it: energy that was bought and given back within one is neither.
 */

export const SLOT_MS = 900_000;
export const DAY_SLOTS = 96;
const HOUR_MS = 3_600_000;
const MS_PER_HOUR = BigInt(HOUR_MS);
/** The window begins four hours before the event and ends an hour before it. Spec: as the baseline's, see `days.ts`. */
const WINDOW = { fromMs: 4 * HOUR_MS, untilMs: HOUR_MS } as const;

export interface FlexibilityTerms extends DayRules {
  /** What the utility whose grid it is pays a kWh. */
  readonly reductionMicrosPerKWh: bigint;
  readonly v2gMicrosPerKWh: bigint;
  readonly exportMicrosPerKWh: bigint;
  readonly method: BaselineMethod;
  readonly adjustmentCapPpm: bigint;
}

/** Both registers of a meter at the start of each quarter-hour of a day, and at the day's end. */
export interface MeterDay {
  readonly dayMs: number;
  readonly importMilliWh: readonly bigint[];
  readonly exportMilliWh: readonly bigint[];
}

export interface ReductionLine {
  readonly line: 'DR';
  readonly eventId: string;
  /** Days that the baseline is made of. */
  readonly days: number;
  /** Whole watt-hours, the rest cut off, as in each line. */
  readonly baselineWh: bigint;
  readonly takenWh: bigint;
  readonly adjustmentPpm: bigint;
  readonly energyWh: bigint;
  readonly micros: bigint;
  /** Why there is no baseline; then nothing is owed. */
  readonly without?: NoBaseline['code'];
}

export type FlexibilityLine =
  | ReductionLine
  | {
      readonly line: 'V2G';
      readonly eventId: string;
      readonly energyWh: bigint;
      readonly micros: bigint;
    }
  | { readonly line: 'EXPORT'; readonly energyWh: bigint; readonly micros: bigint };

export interface DayToSettle {
  readonly terms: FlexibilityTerms;
  readonly day: MeterDay;
  /** All days of the house that are recorded before it. */
  readonly recorded: readonly RecordedDay[];
  /** All events of the 45 days before, and of the day, in the order of time. */
  readonly events: readonly CalledEvent[];
  /** Readings of a day that a baseline is made of. */
  readonly dayAt: (dayMs: number) => MeterDay;
}

/** Net energy into the house by quarter-hour, milliwatt-hours: below nothing where it gave. */
const netOf = ({ importMilliWh, exportMilliWh }: MeterDay): readonly bigint[] => {
  const differences = (registers: readonly bigint[]) =>
    registers.slice(1).map((each, at) => each - (registers[at] ?? 0n));
  const given = differences(exportMilliWh);
  return differences(importMilliWh).map((taken, at) => taken - (given[at] ?? 0n));
};

/** What lies between two instants. */
const partOf = (net: readonly bigint[], dayMs: number, fromMs: number, untilMs: number): readonly bigint[] =>
  net.filter((_each, slot) => {
    const atMs = dayMs + slot * SLOT_MS;
    return fromMs <= atMs && atMs < untilMs;
  });

const taken = (part: readonly bigint[]): bigint =>
  part.reduce((sum, net) => (net > 0n ? sum + net : sum), 0n);
const given = (part: readonly bigint[]): bigint =>
  part.reduce((sum, net) => (net < 0n ? sum - net : sum), 0n);

const toWh = (milliWh: bigint): bigint => divide(milliWh, 1_000n, 'floor');
const priced = (energyWh: bigint, microsPerKWh: bigint): bigint =>
  divide(energyWh * microsPerKWh, 1_000n, 'half-even');

const loadOf = (day: MeterDay, fromOffsetMs: number, untilOffsetMs: number): DayLoad => {
  const net = netOf(day);
  const at = (fromMs: number, untilMs: number) =>
    taken(partOf(net, day.dayMs, day.dayMs + fromMs, day.dayMs + untilMs));
  return {
    eventMilliWh: at(fromOffsetMs, untilOffsetMs),
    windowMilliWh: at(fromOffsetMs - WINDOW.fromMs, fromOffsetMs - WINDOW.untilMs),
  };
};

const reductionLine = (
  event: CalledEvent,
  { terms, day, recorded, events, dayAt }: DayToSettle,
): ReductionLine => {
  const { eventId, fromMs, untilMs, reductionW } = event;
  const [fromOffset, untilOffset] = [fromMs - day.dayMs, untilMs - day.dayMs];
  const today = loadOf(day, fromOffset, untilOffset);
  const common = { line: 'DR', eventId, takenWh: toWh(today.eventMilliWh) } as const;
  const days = baselineDays(event, recorded, events, terms);
  if (!days.ok) {
    const nothing = {
      days: 0,
      baselineWh: 0n,
      adjustmentPpm: 1_000_000n,
      energyWh: 0n,
      micros: 0n,
    };
    return { ...common, ...nothing, without: days.error.code };
  }
  const { milliWh, adjustmentPpm } = baselineOf({
    method: terms.method,
    days: days.value.map((each) => loadOf(dayAt(each), fromOffset, untilOffset)),
    windowMilliWh: fromOffset < WINDOW.fromMs ? undefined : today.windowMilliWh,
    capPpm: terms.adjustmentCapPpm,
  });
  const calledWh = divide(reductionW * BigInt(untilMs - fromMs), MS_PER_HOUR, 'floor');
  const lessWh = milliWh > today.eventMilliWh ? toWh(milliWh - today.eventMilliWh) : 0n;
  const energyWh = lessWh < calledWh ? lessWh : calledWh;
  return {
    ...common,
    days: days.value.length,
    baselineWh: toWh(milliWh),
    adjustmentPpm,
    energyWh,
    micros: priced(energyWh, terms.reductionMicrosPerKWh),
  };
};

/** Lines of a day: of each of its events the reduction, and what was given where something was; then what was given beside them. */
export const settleDay = (input: DayToSettle): readonly FlexibilityLine[] => {
  const { terms, day, events } = input;
  const net = netOf(day);
  const own = events.filter(({ fromMs }) => fromMs >= day.dayMs && fromMs < day.dayMs + DAY_MS);
  const lines: FlexibilityLine[] = [];
  let inEvents = 0n;
  for (const event of own) {
    lines.push(reductionLine(event, input));
    const milliWh = given(partOf(net, day.dayMs, event.fromMs, event.untilMs));
    inEvents += milliWh;
    const energyWh = toWh(milliWh);
    const { eventId } = event;
    if (energyWh > 0n)
      lines.push({
        line: 'V2G',
        eventId,
        energyWh,
        micros: priced(energyWh, terms.v2gMicrosPerKWh),
      });
  }
  const energyWh = toWh(given(net) - inEvents);
  if (energyWh > 0n)
    lines.push({ line: 'EXPORT', energyWh, micros: priced(energyWh, terms.exportMicrosPerKWh) });
  return lines;
};
