import { h } from '../shared/dom.ts';
import { decimalText, money } from '../shared/format.ts';
import { table } from '../shared/table.ts';
import type { ForecastDay, LimitsView, OperationsState, TariffView } from './state.ts';
import { chart, type Point, type Series } from '../shared/svg.ts';

const HOUR_MS = 3_600_000;
const TICK_HOURS = 6;
const NARROW_PX = 560;

/** Watts as gigawatts; for drawing only. */
const gigawatts = (watts: string): number => Number(decimalText(watts, 9));
const gw = (watts: string): string => `${gigawatts(watts).toFixed(2)} GW`;

export interface View {
  readonly width: number;
  readonly timeZone: string;
}

export const hourText = (atMs: number, timeZone: string): string =>
  new Intl.DateTimeFormat(undefined, {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(atMs);

const clockText = (atMs: number, timeZone: string): string =>
  new Intl.DateTimeFormat(undefined, { timeZone, hour: '2-digit', hourCycle: 'h23' }).format(atMs);

/** A tick every six hours of the local clock, every twelve where there is little room. */
const ticksOf = (fromMs: number, untilMs: number, { timeZone, width }: View) => {
  const every = width < NARROW_PX ? 2 * TICK_HOURS : TICK_HOURS;
  const ticks: { x: number; label: string }[] = [];
  for (let atMs = Math.ceil(fromMs / HOUR_MS) * HOUR_MS; atMs <= untilMs; atMs += HOUR_MS) {
    const hour = Number(clockText(atMs, timeZone).slice(0, 2)) % 24;
    if (hour % every === 0) ticks.push({ x: atMs, label: `${String(hour).padStart(2, '0')}:00` });
  }
  return ticks;
};

const legend = (entries: readonly (readonly [name: string, text: string])[]): HTMLElement =>
  h(
    'ul',
    { class: 'legend' },
    ...entries.map(([name, text]) =>
      h('li', {}, h('span', { class: `swatch ${name}`, 'aria-hidden': 'true' }), text),
    ),
  );

const asTable = (
  summary: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): HTMLElement => h('details', {}, h('summary', {}, summary), table(summary, heads, rows, 1));

/** Measured demand and the forecast with the ranges that should hold it four times of five, and half of the time. */
export function loadChart(
  { load, nowMs, timeZone }: OperationsState,
  days: readonly ForecastDay[],
  width: number,
): HTMLElement {
  const hours = days.flatMap((each) => each.hours);
  const at = (pick: 'pointW' | 'low80W' | 'high80W' | 'low50W' | 'high50W'): Point[] =>
    hours.map((hour) => ({ x: hour.startMs, y: gigawatts(hour[pick]) }));
  const measured = load.map(({ atMs, demandW }) => ({ x: atMs, y: gigawatts(demandW) }));
  const forecast: Series[] =
    hours.length === 0
      ? []
      : [
          { kind: 'band', name: 'range80', points: at('high80W'), lower: at('low80W') },
          { kind: 'band', name: 'range50', points: at('high50W'), lower: at('low50W') },
          { kind: 'line', name: 'forecast', points: at('pointW') },
        ];
  const all = [...measured, ...at('pointW')];
  if (all.length === 0) return h('p', {}, 'No demand is on the ledger yet.');
  const last = load.at(-1);
  const peak = hours.reduce<ForecastDay['hours'][number] | undefined>(
    (top, hour) => (top === undefined || gigawatts(hour.pointW) > gigawatts(top.pointW) ? hour : top),
    undefined,
  );
  const description = [
    last && `Latest measured demand ${gw(last.demandW)} at ${hourText(last.atMs, timeZone)}.`,
    peak &&
      `Highest forecast ${gw(peak.pointW)} at ${hourText(peak.startMs, timeZone)}, between ${gw(peak.low80W)} and ${gw(peak.high80W)} four times of five.`,
  ]
    .filter(Boolean)
    .join(' ');
  const drawing = chart({
    width,
    title: 'Demand and its forecast, gigawatts',
    description,
    series: [...forecast, { kind: 'line', name: 'measured', points: measured }],
    mark: { x: nowMs, label: 'now' },
    xTicks: ticksOf(Math.min(...all.map(({ x }) => x)), Math.max(...all.map(({ x }) => x)), {
      width,
      timeZone,
    }),
    yText: (y) => `${y.toFixed(0)} GW`,
  });
  const byHour = new Map(load.map(({ atMs, demandW }) => [atMs, demandW]));
  return h(
    'figure',
    {},
    drawing,
    h(
      'figcaption',
      {},
      description,
      legend([
        ['measured', 'measured'],
        ...(hours.length === 0
          ? []
          : ([
              ['forecast', 'forecast'],
              ['range50', 'half of the time'],
              ['range80', 'four times of five'],
            ] as const)),
      ]),
    ),
    asTable(
      'Demand by the hour',
      ['Hour', 'Measured', 'Forecast', 'From', 'To'],
      hours.map((hour) => {
        const known = byHour.get(hour.startMs);
        return [
          hourText(hour.startMs, timeZone),
          known === undefined ? '–' : gw(known),
          gw(hour.pointW),
          gw(hour.low80W),
          gw(hour.high80W),
        ];
      }),
    ),
  );
}

/** Prices of the hours to come between the agreed floor and ceiling. */
export function tariffChart(
  tariff: TariffView,
  limits: readonly LimitsView[],
  nowMs: number,
  view: View,
): HTMLElement {
  const price = (micros: string): number => Number(decimalText(micros, 6));
  const text = (micros: string): string => `${money(micros, tariff.currency, undefined, 5)} per kWh`;
  const { hours } = tariff;
  const first = hours[0]?.startMs ?? nowMs;
  const endMs = (hours.at(-1)?.startMs ?? nowMs) + HOUR_MS;
  const level = (micros: string): Point[] => [
    { x: first, y: price(micros) },
    { x: endMs, y: price(micros) },
  ];
  const points = hours.map(({ startMs, microsPerKWh }) => ({ x: startMs, y: price(microsPerKWh) }));
  const last = points.at(-1);
  const micros = hours.map(({ microsPerKWh }) => BigInt(microsPerKWh));
  const low = micros.reduce((least, each) => (each < least ? each : least), micros[0] ?? 0n);
  const high = micros.reduce((most, each) => (each > most ? each : most), 0n);
  const agreed = limits[0];
  const description = `From ${text(low.toString())} to ${text(high.toString())} in the next ${hours.length} hours.${
    agreed === undefined
      ? ''
      : ` The agreement ${agreed.agreementId} admits ${text(agreed.floorMicrosPerKWh)} to ${text(agreed.ceilingMicrosPerKWh)}.`
  }`;
  return h(
    'figure',
    {},
    chart({
      width: view.width,
      title: `Energy price before tax, ${tariff.currency} per kilowatt-hour`,
      description,
      series: [
        ...limits.flatMap((each): Series[] => [
          { kind: 'line', name: 'limit', points: level(each.floorMicrosPerKWh) },
          { kind: 'line', name: 'limit', points: level(each.ceilingMicrosPerKWh) },
        ]),
        { kind: 'step', name: 'price', points: last ? [...points, { x: endMs, y: last.y }] : points },
      ],
      xTicks: ticksOf(first, endMs, view),
      yText: (y) => y.toFixed(2),
    }),
    h(
      'figcaption',
      {},
      description,
      legend([
        ['price', 'price'],
        ['limit', 'agreed floor and ceiling'],
      ]),
    ),
    asTable(
      'Prices by the hour',
      ['Hour', 'Price'],
      hours.map(({ startMs, microsPerKWh }) => [hourText(startMs, view.timeZone), text(microsPerKWh)]),
    ),
  );
}
