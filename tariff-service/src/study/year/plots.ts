import { SHARE_PARTIES } from '@roamgrid/domain';
import { barChart } from '../chart/bar-chart.ts';
import { lineChart, type Point } from '../chart/line-chart.ts';
import { PPM } from '../../policy/policy.ts';
import type { TariffName, YearStudy } from './study.ts';

const SHOWN = ['flat', 'timeOfUse', 'adaptive', 'foresight'] as const;
const NAMES: Readonly<Record<TariffName, string>> = {
  flat: 'flat',
  timeOfUse: 'time of use',
  adaptive: 'adaptive',
  foresight: 'adaptive, foresight',
  naive: 'adaptive, weekly naive',
};

/** The study's pictures by file name. */
export function yearPlots(study: YearStudy): ReadonlyMap<string, string> {
  return new Map([
    ['year-parties.svg', partiesPlot(study)],
    ['year-prices.svg', pricesPlot(study)],
    ['year-energy.svg', energyPlot(study)],
    ['year-fairness.svg', fairnessPlot(study)],
    ['year-regret.svg', regretPlot(study)],
  ]);
}

function partiesPlot({ replays, prices }: YearStudy): string {
  const parts = {
    vun: 'visited utility',
    infrastructure: 'infrastructure',
    hun: 'home utility',
    driver: 'reward',
  };
  const order = ['vun', 'infrastructure', 'hun', 'driver'] as const;
  const { currency } = prices.flat.policy;
  const groups = SHOWN.map((name) => ({
    name: NAMES[name],
    values: order.map((party) => drawn(replays[name].settled.split[party])),
  }));
  const described = groups.map(({ name, values }) => `${name} ${sumText(values)}`).join(', ');
  return barChart(
    {
      title: 'What drivers pay, by who gets it',
      description: `Takings in ${currency}: ${described}. Parties: ${SHARE_PARTIES.join(', ')}.`,
      xLabel: 'tariff',
      yLabel: currency,
    },
    order.map((party) => parts[party]),
    groups,
    { stacked: true, format: (value) => value.toFixed(0) },
  );
}

function pricesPlot({ prices }: YearStudy): string {
  const { currency } = prices.flat.policy;
  const clock = Array.from({ length: 24 }, (_, hour) => hour);
  const mean = (name: TariffName, hour: number): number => {
    const { days, policy } = prices[name];
    const each = [...days.values()].map(
      (slots) => slots[Math.floor((hour * 60) / policy.intervalMinutes)]?.microsPerKWh ?? 0n,
    );
    return drawn(each.reduce((sum, value) => sum + value, 0n)) / each.length;
  };
  return lineChart(
    {
      title: 'Mean price by hour of the day',
      description: (['flat', 'timeOfUse', 'adaptive'] as const)
        .map((name) => {
          const values = clock.map((hour) => mean(name, hour));
          return `${NAMES[name]}: from ${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)} ${currency} per kWh, highest at ${values.indexOf(Math.max(...values))}:00`;
        })
        .join('. '),
      xLabel: 'hour of the local day',
      yLabel: `${currency} per kWh`,
    },
    (['flat', 'timeOfUse', 'adaptive'] as const).map((name) => ({
      name: NAMES[name],
      points: steps(clock.map((hour) => mean(name, hour))),
    })),
    false,
  );
}

function energyPlot({ replays }: YearStudy): string {
  const names = ['flat', 'timeOfUse', 'adaptive'] as const;
  return lineChart(
    {
      title: 'Charging energy by hour of the day',
      description: `Energy in the grid’s peak hours: ${names
        .map((name) => `${NAMES[name]} ${thousandths(replays[name].peakEnergyWh).toFixed(0)} kWh`)
        .join(', ')}.`,
      xLabel: 'hour of the local day',
      yLabel: 'kWh over the span',
    },
    names.map((name) => ({
      name: NAMES[name],
      points: steps(replays[name].energyWhByClock.map(thousandths)),
    })),
    false,
  );
}

function fairnessPlot({ fairness, prices }: YearStudy): string {
  const { currency } = prices.flat.policy;
  const groups = fairness
    .filter(({ by }) => by !== 'station-use')
    .flatMap(({ rows }) =>
      rows.map(({ group, microsPerKWh }) => ({
        name: group.replace(' quarter', ' ¼').replace(' session', ''),
        values: microsPerKWh.map(drawn),
      })),
    );
  return barChart(
    {
      title: 'Mean price paid, by size of the session and by use of peak hours',
      description: groups
        .map(({ name, values }) => `${name}: ${values.map((value) => value.toFixed(3)).join(', ')}`)
        .join('. '),
      xLabel: 'sessions by energy, and by whether most of it was in peak hours',
      yLabel: `${currency} per kWh`,
    },
    ['flat', 'time of use', 'adaptive'],
    groups,
    { stacked: false, format: (value) => value.toFixed(2) },
  );
}

function regretPlot({ regret, prices }: YearStudy): string {
  const { currency } = prices.flat.policy;
  const series = (['adaptive', 'naive'] as const).map((name) => ({
    name: name === 'adaptive' ? 'forecast of the model' : 'weekly naive',
    points: regret[name].byWeek.map(({ meanDistanceMicrosPerKWh }, week): Point => [
      week + 1,
      100 * drawn(meanDistanceMicrosPerKWh),
    ]),
  }));
  return lineChart(
    {
      title: 'Distance of the published price from that of perfect foresight',
      description: series
        .map(({ name, points }) => {
          const values = points.map(([, value]) => value);
          return `${name}: worst week ${Math.max(...values).toFixed(2)} hundredths of a ${currency} per kWh`;
        })
        .join('. '),
      xLabel: 'week of the span',
      yLabel: `mean distance, 0.01 ${currency} per kWh`,
    },
    series,
    false,
  );
}

/** One value an hour as a line that is level through the hour. */
function steps(values: readonly number[]): readonly Point[] {
  return values.flatMap((value, hour): readonly Point[] => [
    [hour, value],
    [hour + 1, value],
  ]);
}

/** Micros as units, for drawing only. */
function drawn(value: bigint): number {
  return Number(value) / Number(PPM);
}

/** Watt-hours as kilowatt-hours, for drawing only. */
function thousandths(value: bigint): number {
  return Number(value) / 1000;
}

function sumText(values: readonly number[]): string {
  return values.reduce((sum, value) => sum + value, 0).toFixed(2);
}
