import { GEORGIA_POWER } from '../system/consortium.ts';
import { FEED_FAULTS } from './heat-wave-story.ts';

const HOUR_MS = 3_600_000;
/** The second operator meters the area's ties, to the next 50 MW. */
const COARSE_W = 50_000_000n;

/**
 * What an operator tells at an hour of the heat wave: the mean of the hour that just ended, or nothing, or a lie.
 * @param faultDayMs midnight of the day on which the feeds fail
 */
export const toldInHeat =
  (faultDayMs: number) =>
  (utilityId: string, measuredW: bigint, atMs: number): bigint | undefined => {
    const hour = (atMs - faultDayMs) / HOUR_MS;
    const fault = FEED_FAULTS.find(
      (each) => each.utilityId === utilityId && hour >= each.fromHour && hour < each.untilHour,
    );
    if (fault?.tells === 'nothing') return undefined;
    if (fault !== undefined) return fault.tells;
    return utilityId === GEORGIA_POWER.utilityId ? (measuredW / COARSE_W) * COARSE_W : measuredW;
  };
