import { lineChart } from '../chart/line-chart.ts';
import { type ByRegime, type Income, REGIMES } from './income.ts';

const NAMES: ByRegime<string> = {
  noRoaming: 'no roaming',
  conventional: 'conventional (hub) roaming',
  proposed: 'this system',
};

/** One purchasing power with what the formulas and the simulation say. */
export interface RevenuePoint {
  readonly purchasingPower: number;
  readonly income: ByRegime<Income>;
  readonly simulated: ByRegime<Income>;
}

/** Income against purchasing power: lines by formula, a few dots by simulation. */
export function revenuePlot(points: readonly RevenuePoint[]): string {
  const every = Math.max(1, Math.round(points.length / 12));
  const first = points[0];
  const last = points.at(-1);
  const description = REGIMES.map((regime) => {
    const highest = Math.max(...points.map(({ income }) => income[regime].total));
    return `${NAMES[regime]}: ${text(first?.income[regime].total)} at the left end, at most ${text(highest)}, ${text(last?.income[regime].total)} at the right end`;
  }).join('. ');
  return lineChart(
    {
      title: "A utility's income as its own customers' purchasing power varies",
      description: `${description}. Dots come from a simulation driver by driver.`,
      xLabel: 'purchasing power of region 1 (region 2 = 1)',
      yLabel: 'income of utility 1',
    },
    REGIMES.map((regime) => ({
      name: NAMES[regime],
      points: points.map(({ purchasingPower, income }) => [purchasingPower, income[regime].total]),
      dots: points
        .filter((_, index) => index % every === 0)
        .map(({ purchasingPower, simulated }) => [purchasingPower, simulated[regime].total]),
    })),
  );
}

function text(value = 0): string {
  return value.toFixed(2);
}
