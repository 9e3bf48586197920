import { lineChart, type Point } from '@roamgrid/tariff-service/study';
import { judgeMemory, OWN_PROCESS, type MemorySample } from '../system/memory-watch.ts';

/** Parts that do the same for different utilities are one line: of several, the one that holds most. */
const LINES_TOGETHER = ['peer', 'chaincode', OWN_PROCESS, 'postgres'] as const;
/** Where services are processes of their own, this process only drives. */
const LINES_APART = ['peer', 'chaincode', 'gateway', 'aaa', 'postgres'] as const;

const isOf = (line: string) => (part: string) => part === line || part.endsWith(`/${line}`);

/** A picture of what the parts of a system held during a replay. */
export function memoryPlot(samples: readonly MemorySample[], sessions: number): string {
  const { isFlat: isAllFlat, rule, parts } = judgeMemory(samples);
  const trends = Object.entries(parts);
  const isApart = trends.some(([name]) => isOf('gateway')(name));
  const series = (isApart ? LINES_APART : LINES_TOGETHER).flatMap((line) => {
    const points = samples.flatMap(({ atSeconds, partsMiB }): Point[] => {
      const held = Object.entries(partsMiB).filter(([part]) => isOf(line)(part));
      return held.length === 0 ? [] : [[atSeconds, Math.max(...held.map(([, miB]) => miB))]];
    });
    return points.length === 0 ? [] : [{ name: line, points }];
  });
  return lineChart(
    {
      title: `Memory of each part while ${sessions.toString()} sessions are lived: ${isAllFlat ? 'flat' : 'not flat'}`,
      description: [
        isAllFlat ? 'Every part is flat' : 'Not every part is flat',
        `Flat: ${rule}`,
        ...trends.map(
          ([name, { secondQuarterMiB, lastQuarterMiB, isFlat }]) =>
            `${name}: ${secondQuarterMiB.toString()} MiB in the second quarter, ${lastQuarterMiB.toString()} in the last, ${isFlat ? 'flat' : 'not flat'}`,
        ),
      ].join('. '),
      xLabel: 'seconds since the first session',
      yLabel: 'MiB; of several utilities the part that holds most',
    },
    series,
    false,
  );
}
