import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { processPart, SharedClock } from '@roamgrid/utility';
import { freePort } from '@roamgrid/test-network';
import type { LocalSystem } from '../system/system.ts';
import { bringCar } from './car.ts';
import { CHAOS_UTILITIES, stationPartName } from './cast.ts';
import type { Fronts } from './fronts.ts';
import { kioskAt, type Kiosk } from './kiosk.ts';
import type { StationOrder } from './station-order.ts';

const CHILD = join(import.meta.dirname, 'station-child.ts');
/** A screen that shows nothing for so long is no screen. */
const ALIVE_LIMIT_MS = 10_000;

/** What a driver finds at an outlet. */
export interface ServedOutlet {
  readonly kiosk: Kiosk;
  readonly stationId: string;
  /** Parks a car there that takes so much. */
  park(powerW: bigint): void;
}

export interface RunningStations {
  readonly kiosks: ReadonlyMap<string, ServedOutlet>;
  setSkew(part: string, skewMs: number): void;
  close(): void;
}

/** Starts each station as a supervised process that goes on with its own data. */
export async function startStations(system: LocalSystem, fronts: Fronts): Promise<RunningStations> {
  const kiosks = new Map<string, ServedOutlet>();
  const skews = new Map<string, SharedClock>();
  for (const { utilityId, stations } of CHAOS_UTILITIES) {
    const { gateway } = system.utility(utilityId);
    const gatewayPort = Number(new URL(gateway.url).port);
    for (const { stationId, name, timeZone, outlets } of stations) {
      const part = stationPartName(stationId);
      const stateDir = join(system.stateDir, 'stations', stationId);
      mkdirSync(stateDir, { recursive: true, mode: 0o700 });
      const skew = new SharedClock(join(stateDir, 'skew'), 0);
      skews.set(part, skew);
      const served: StationOrder['outlets'][number][] = [];
      for (const { evseId, meterId, maxPowerW } of outlets) {
        const kioskPort = await freePort();
        const carFile = join(stateDir, `${meterId}.car`);
        served.push({ evseId, meterId, maxPowerW: maxPowerW.toString(), kioskPort, carFile });
        kiosks.set(evseId, {
          kiosk: kioskAt(kioskPort),
          stationId,
          park: (powerW) => bringCar(carFile, powerW),
        });
      }
      const order: StationOrder = {
        systemDir: system.stateDir,
        stateDir,
        utility: { utilityId },
        station: { stationId, name, timeZone },
        outlets: served,
        gatewayUrl: `http://127.0.0.1:${await fronts.port(part, gatewayPort)}`,
        gatewayOrigin: new URL(gateway.url).origin,
        skewFile: skew.file,
      };
      const [first] = served;
      await system.supervisor.run(
        processPart(part, {
          file: CHILD,
          order,
          isAlive: async () => {
            const url = `http://127.0.0.1:${first?.kioskPort ?? 0}/kiosk/v1/state`;
            const answer = await fetch(url, { signal: AbortSignal.timeout(ALIVE_LIMIT_MS) });
            await answer.arrayBuffer();
            return true;
          },
        }),
      );
    }
  }
  return {
    kiosks,
    setSkew: (part, skewMs) => skews.get(part)?.set(skewMs),
    close: () => {
      for (const skew of skews.values()) skew.close();
    },
  };
}
