import type { Tariff } from '@roamgrid/domain';
import type { RecordedReading } from './session.ts';

/** Whether the time of a session can be billed: energy can without a clock, minutes cannot. */

/**
 * A meter's word on how long a session took: its clock was synchronised at both ends, or it counted the time since the
 * begin (`R`), and it flags no error of its time. Spec: OCMF 1.4, tables 7 (`EF`) and 19.
 */
export const timeCounts = (readings: readonly RecordedReading[]): boolean => {
  const [begin] = readings;
  const end = readings.at(-1);
  const clockCounts =
    end?.clock === 'R' || (end?.clock === undefined && (begin?.clock === undefined || begin.clock === 'R'));
  return clockCounts && begin?.errorFlags === undefined && end?.errorFlags === undefined;
};

/** Whether a tariff prices minutes, or changes with how long a session takes. */
export const asksForTime = ({ elements }: Tariff): boolean =>
  elements.some(
    ({ components, restrictions }) =>
      restrictions.reservation === undefined &&
      restrictions.never !== true &&
      (components.some(({ type }) => type === 'TIME' || type === 'PARKING_TIME') ||
        restrictions.minDurationMs !== undefined ||
        restrictions.maxDurationMs !== undefined),
  );
