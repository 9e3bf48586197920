import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { BatterySpec } from '@roamgrid/station';

/** So large that no stay fills it: a car takes the same power from its first to its last second. */
const CAPACITY_WH = 10_000_000n;
const INITIAL_WH = 1_000_000n;

/** Puts a car before an outlet, whose station may be another process now than the one that it charges at. */
export function bringCar(file: string, powerW: bigint): void {
  const aside = `${file}.new`;
  writeFileSync(aside, powerW.toString(), { mode: 0o600 });
  renameSync(aside, file);
}

/** The car that stands before an outlet. */
export const carAt = (file: string): BatterySpec => ({
  capacityWh: CAPACITY_WH,
  initialWh: INITIAL_WH,
  maxPowerW: BigInt(readFileSync(file, 'utf8')),
});
