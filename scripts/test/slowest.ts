/** How long one test, or the preparation of some, took. */
export interface Timing {
  readonly folder: string;
  readonly title: string;
  readonly tookMs: number;
}

const SHOWN = 10;

/** The slowest tests and preparations of a run, as lines to print. */
export const slowestLines = (timings: readonly Timing[]): string[] => {
  const slowest = [...timings].sort((a, b) => b.tookMs - a.tookMs).slice(0, SHOWN);
  if (slowest.length === 0) return [];
  return [
    `slowest ${slowest.length}:`,
    ...slowest.map(
      ({ folder, title, tookMs }) => `${(tookMs / 1000).toFixed(1).padStart(7)} s  ${folder}: ${title}`,
    ),
  ];
};
