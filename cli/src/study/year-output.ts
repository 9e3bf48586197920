import { formatMicros } from '@roamgrid/domain';
import { formatDay } from '@roamgrid/tariff-service';
import {
  type Loads,
  type SessionFile,
  TARIFFS,
  type YearSetting,
  type YearStudy,
} from '@roamgrid/tariff-service/study';

/** What the command found and what it was given. */
export interface YearReport {
  readonly study: YearStudy;
  readonly setting: YearSetting;
  readonly loads: Loads;
  readonly sessions: SessionFile;
  readonly loadSha256: string;
  /** What was found or assumed in the load file, and what of it was lost. */
  readonly loadNotes: readonly string[];
  readonly forecastNotes: readonly string[];
}

/** The whole outcome; money in micros, energy in watt-hours, shares in parts per million. */
export function yearJson(report: YearReport): object {
  const { study, setting, loads, sessions, loadSha256, loadNotes, forecastNotes } = report;
  const { placement, replays, fairness, regret, sensitivity, checks } = study;
  const { parties, response } = setting;
  return {
    study: 'year',
    span: { from: formatDay(setting.fromDay), to: formatDay(setting.toDay), timeZone: setting.zone.name },
    assumptions: {
      gateMinutes: setting.gateMinutes,
      capacityW: setting.capacityW,
      elasticityPpm: response.elasticityPpm,
      windowMinutes: response.windowMinutes,
      leastPowerW: setting.leastPowerW,
      roamingPpm: parties.roamingPpm,
      visited: parties.visited,
      partners: parties.partners,
      sharesPpm: parties.shares,
      policies: setting.policies,
    },
    inputs: {
      load: {
        sha256: loadSha256,
        notes: loadNotes,
        filledIntervals: loads.filledIntervals,
        forecastMapePercent: loads.forecastMapePercent,
        naiveMapePercent: loads.naiveMapePercent,
        peakHours: loads.peakHours.size,
      },
      forecast: { notes: forecastNotes },
      sessions: {
        sha256: sessions.sha256,
        notes: sessions.notes,
        rows: sessions.rows,
        refused: sessions.refused,
        replayed: placement.sessions.length,
        outsideSpan: placement.outside,
        shiftDays: placement.shiftDays,
      },
    },
    tariffs: Object.fromEntries(
      TARIFFS.map((name) => {
        const { rated: _, settled, ...figures } = replays[name];
        const { conservation: __, ...money } = settled;
        return [name, { ...figures, ...money }];
      }),
    ),
    regret,
    fairness,
    sensitivity,
    conservation: { holds: checks.every(({ holds }) => holds), checks },
  };
}

/** The outcome for people. */
export function yearTable(report: YearReport): string {
  const { study, setting, loads, sessions, loadNotes, forecastNotes } = report;
  const { replays, regret, fairness, checks, placement } = study;
  const { currency } = setting.policies.flat;
  const cell = (text: string): string => text.padStart(15);
  const row = (name: string, of: (tariff: (typeof TARIFFS)[number]) => string): string =>
    `${name.padEnd(26)}${TARIFFS.map((tariff) => cell(of(tariff))).join('')}\n`;
  const amount = (micros: bigint): string => formatMicros(micros - (micros % 10_000n));
  const kWh = (energyWh: bigint): string => `${energyWh / 1000n}`;
  const misses = checks.filter(({ holds }) => !holds).map(({ name }) => name);
  const refused = Object.entries(sessions.refused).filter(([, count]) => count > 0);
  return [
    ...[...loadNotes, ...sessions.notes, ...forecastNotes].map((note) => `note: ${note}\n`),
    ...(refused.length === 0
      ? []
      : [
          `note: of ${sessions.rows} rows of sessions were left out: ${refused.map(([why, count]) => `${count} ${why}`).join(', ')}\n`,
        ]),
    `${placement.sessions.length} sessions, ${formatDay(setting.fromDay)} to ${formatDay(setting.toDay)}, moved by ${placement.shiftDays} days; `,
    `forecast MAPE ${loads.forecastMapePercent.toFixed(2)} %, weekly naive ${loads.naiveMapePercent.toFixed(2)} %\n`,
    row('', (name) => name),
    row(`drivers pay (${currency})`, (name) => amount(replays[name].settled.totalMicros)),
    row('  less reward', (name) => amount(replays[name].settled.driverCostMicros)),
    row('visited utility', (name) => amount(replays[name].settled.split.vun)),
    row('home utilities', (name) => amount(replays[name].settled.split.hun)),
    row('infrastructure', (name) => amount(replays[name].settled.split.infrastructure)),
    row(`${currency} per kWh`, (name) => formatMicros(replays[name].meanMicrosPerKWh)),
    row('kWh in peak hours', (name) => kWh(replays[name].peakEnergyWh)),
    row('kWh moved', (name) => kWh(replays[name].movedEnergyWh)),
    `regret of the forecast:  price ${formatMicros(regret.adaptive.meanDistanceMicrosPerKWh)} per kWh, bills ${amount(regret.adaptive.billDistanceMicros)}\n`,
    `regret of weekly naive:  price ${formatMicros(regret.naive.meanDistanceMicrosPerKWh)} per kWh, bills ${amount(regret.naive.billDistanceMicros)}\n`,
    ...fairness.flatMap(({ by, rows }) => [
      `${by} (${currency} per kWh: flat, time of use, adaptive)\n`,
      ...rows.map(
        ({ group, sessions, microsPerKWh }) =>
          `  ${group.padEnd(24)}${cell(String(sessions))}${microsPerKWh.map((price) => cell(formatMicros(price))).join('')}\n`,
      ),
    ]),
    misses.length === 0
      ? `all ${checks.length} checks of the money hold\n`
      : `FAILED: ${misses.join(', ')}\n`,
  ].join('');
}
