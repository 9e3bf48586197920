import type { SimulationReport } from '@roamgrid/energy-controller';
import { formatMicros } from '@roamgrid/domain';
import type { SimulateOptions } from './options.ts';

/** What is printed beside what the simulation found. */
export interface Told {
  readonly knows: string;
  readonly history: number;
  readonly notes: readonly string[];
}

const PER_THOUSAND = 1000;
const kilo = (value: bigint): number => Number(value) / PER_THOUSAND;

const costMicrosOf = ({ cost }: SimulationReport): bigint | null =>
  cost === undefined ? null : cost.energyMicros + cost.peakMicros;

const partOf = ({ deliveredWh, optimumWh }: SimulationReport): number =>
  optimumWh === 0n ? 100 : (100 * kilo(deliveredWh)) / kilo(optimumWh);

/** Energy in kWh and power in kW with the decimals that they have, money in micros as text. */
export const simulationJson = (
  report: SimulationReport,
  { policy, phases, stepMinutes, limitKw, outletKw }: SimulateOptions,
  { knows, history, notes }: Told,
): object => ({
  policy,
  knows,
  setting: { limitKw: kilo(limitKw), outletKw: kilo(outletKw), phases, stepMinutes },
  sessions: report.sessions,
  historySessions: history,
  requestedKwh: kilo(report.requestedWh),
  deliveredKwh: kilo(report.deliveredWh),
  optimumKwh: kilo(report.optimumWh),
  deliveredPercentOfOptimum: partOf(report),
  violations: report.violations,
  peakKw: kilo(report.peakW),
  costMicros: costMicrosOf(report),
  cost: report.cost ?? null,
  servedP10Percent: report.servedP10Percent,
  plannedShare: report.plannedShare,
  solveMs: report.solveMs,
  steps: report.steps,
  reasons: report.reasons,
  weeks: report.weeks.map(({ from, deliveredWh }) => ({ from, deliveredKwh: kilo(deliveredWh) })),
  exact: report.isExact,
  notes,
});

/** The outcome for people. */
export const simulationText = (report: SimulationReport, { notes }: Told): string => {
  const { steps, solveMs, cost } = report;
  const kWh = (energyWh: bigint): string => `${kilo(energyWh).toFixed(1)} kWh`;
  return [
    ...notes.map((note) => `note: ${note}`),
    `sessions    ${report.sessions}, they asked for ${kWh(report.requestedWh)}`,
    `delivered   ${kWh(report.deliveredWh)}, ${partOf(report).toFixed(3)} % of the best possible, ${kWh(report.optimumWh)}`,
    `served      all but a tenth of the sessions got more than ${report.servedP10Percent.toFixed(1)} % of their request`,
    `limits      ${report.violations === 0 ? 'kept in every step' : `EXCEEDED in ${report.violations} steps`}; peak ${kilo(report.peakW)} kW`,
    `steps       ${steps.open} in which all had what they wanted, ${steps.rule} decided by the rule, ${steps.plan} by a plan`,
    ...(solveMs === null ? [] : [`solves      p50 ${solveMs.p50} ms, p99 ${solveMs.p99} ms`]),
    ...(cost === undefined
      ? []
      : [
          `cost        ${formatMicros(cost.energyMicros)} of energy, ${formatMicros(cost.peakMicros)} of peaks`,
        ]),
    `sums        ${report.isExact ? 'exact to the watt-minute' : 'NOT EXACT'}`,
    '',
  ].join('\n');
};
