import { divide, formatMicros } from '@roamgrid/domain';
import type { HomeReport } from '@roamgrid/energy-controller';
import type { HomeOptions } from './options.ts';

const PER_THOUSAND = 1_000;
const kilo = (value: bigint): number => Number(value) / PER_THOUSAND;

/** Energy in kWh, power in kW, money in micros as text. */
export const homeJson = (report: HomeReport, options: HomeOptions, notes: readonly string[]): object => ({
  knows: options.knows,
  setting: {
    connectionKw: kilo(options.connectionKw),
    batteryKwh: options.batteryKwh === undefined ? null : kilo(options.batteryKwh),
    zone: options.zone.name,
    ...{ from: options.from, days: options.days },
  },
  costMicros: report.costMicros,
  foresightMicros: report.foresightMicros,
  onArrivalMicros: report.onArrivalMicros,
  boughtKwh: kilo(report.boughtWh),
  cars: report.cars,
  beyondStay: report.beyondStay,
  departuresMissed: report.departuresMissed,
  overLimit: report.overLimit,
  plans: report.plans,
  solveMs: report.solveMs,
  notes,
});

export const homeText = (report: HomeReport, { days }: HomeOptions, notes: readonly string[]): string => {
  const { costMicros, foresightMicros, onArrivalMicros } = report;
  const money = (micros: bigint): string =>
    `${formatMicros(micros)}  (${formatMicros(divide(micros, BigInt(days), 'half-up'))} a day)`;
  return [
    `by the plan           ${money(costMicros)}`,
    `knowing everything    ${money(foresightMicros)}`,
    `charged on arrival    ${money(onArrivalMicros)}`,
    `cars                  ${report.cars}, ${report.departuresMissed} left with less than they need`,
    `over the limit        ${report.overLimit} quarters of an hour`,
    ...notes.map((note) => `note: ${note}`),
    '',
  ].join('\n');
};
