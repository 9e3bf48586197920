import { readFileSync } from 'node:fs';
import { endorsementClockState, type EndorsementClockState } from '@roamgrid/wire';
import { z } from 'zod';

const switchFile = z.strictObject({ endorsementClock: endorsementClockState });

/**
 * The switch of a network's folder. Only a file that says so lets the contracts sign proposals of a simulated time; one
 * that is not there, cannot be read or says anything else leaves the clock on.
 */
export const clockSwitchIn = (file: string) => (): EndorsementClockState => {
  try {
    return switchFile.parse(JSON.parse(readFileSync(file, 'utf8'))).endorsementClock;
  } catch {
    return 'on';
  }
};
