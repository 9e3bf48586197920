import { join } from 'node:path';
import { ChargerClock, OfflineCharger, type OfflineChargerOptions } from '@roamgrid/offline';
import type { Outlet } from '../agent/outlet.ts';
import { fileFlash } from './file-flash.ts';
import { OfflineDoor } from './offline-door.ts';

export interface OfflineStationConfig extends Pick<
  OfflineChargerOptions,
  'suite' | 'identity' | 'groupIds' | 'operator' | 'firstIssuers' | 'capacity' | 'firmware' | 'neighbours'
> {
  /** The outlet whose second door it is. */
  readonly outlet: Outlet;
  /** Where it keeps what it has to know. */
  readonly folder: string;
  /** What a clock with a battery says, seconds since 1970; without one it asks for the time first. */
  readonly batteryS?: number;
  /** Grows with time and nothing else; the process's own when absent. */
  readonly uptimeMs?: () => number;
  readonly tickMs?: number;
  /** Hears of what could not be done. */
  readonly onFault?: (error: unknown) => void;
}

const TICK_MS = 1_000;
const sinceStart = (): number => Math.floor(performance.now());

/** Opens the door of an outlet that needs no network. `close` is as if power went: what runs is ended at the next start. */
export const openOfflineStation = async ({
  outlet,
  folder,
  batteryS,
  uptimeMs = sinceStart,
  tickMs = TICK_MS,
  onFault = () => undefined,
  ...options
}: OfflineStationConfig): Promise<{ readonly charger: OfflineCharger; close(): void }> => {
  const clock = new ChargerClock(uptimeMs, batteryS);
  const door = new OfflineDoor({
    ...{ outlet: outlet.shared, clock },
    ended: (reason) => {
      charger.end(reason).catch(onFault);
    },
  });
  const flashIn = (name: string) => fileFlash(join(folder, name));
  const flash = {
    ...{ memory: flashIn('memory'), spent: flashIn('spent') },
    ...{ vault: flashIn('vault'), readings: flashIn('readings') },
  };
  const charger = await OfflineCharger.start({ ...options, clock, outlet: door, flash });
  const ticking = setInterval(() => {
    charger.tick().catch(onFault);
  }, tickMs);
  ticking.unref();
  return {
    charger,
    close: () => {
      clearInterval(ticking);
      door.close();
    },
  };
};
