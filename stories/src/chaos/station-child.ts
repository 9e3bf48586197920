/** A station in a process of its own, with a kiosk for each outlet: what it must not lose is in its files. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKiosk } from '@roamgrid/station';
import { readSharedClock } from '@roamgrid/utility';
import type { Clock } from '@roamgrid/station-kit';
import { KeyRing } from '../system/key-ring.ts';
import { makeOutlet } from '../system/outlet.ts';
import { carAt } from './car.ts';
import type { StationOrder } from './station-order.ts';

const TIMING = { stepMs: 250, readingEveryMs: 1_000 };

process.once('disconnect', () => process.exit(1));
process.once('SIGTERM', () => process.exit(0));
process.on('SIGINT', () => undefined);

const order = await new Promise<StationOrder>((resolve) => {
  process.once('message', (message) => {
    resolve(message as StationOrder);
  });
});
// What it is off by, it is for as long as the station has power.
const skewMs = readSharedClock(order.skewFile)();
const clock: Clock = {
  nowMs: () => Date.now() + skewMs,
  sleep: (ms, signal) => sleep(ms, undefined, { ...(signal === undefined ? {} : { signal }) }),
};
const keys = new KeyRing(join(order.systemDir, 'keys.json'));
const pageFolder = join(order.stateDir, 'page');
mkdirSync(pageFolder, { recursive: true });
const { utility, station } = order;
const definition = { ...utility, mspId: '', name: '', countryCode: '', stations: [] };
for (const { kioskPort, maxPowerW, carFile, ...outletOf } of order.outlets) {
  const { outlet } = makeOutlet(
    { definition, gateway: { url: order.gatewayUrl } },
    { ...station, address: station.name, outlets: [] },
    { ...outletOf, maxPowerW: BigInt(maxPowerW) },
    keys,
    {
      clock,
      wallMs: clock.nowMs,
      audience: order.gatewayOrigin,
      stateDir: order.stateDir,
      vehicle: () => carAt(carFile),
      timing: TIMING,
    },
  );
  // What a cut interrupted is told while the outlet serves.
  void outlet.recover();
  const info = {
    evseId: outletOf.evseId,
    stationName: station.name,
    operatorName: utility.utilityId,
    timeZone: station.timeZone,
    energyChoicesWh: [],
  };
  await startKiosk({ outlet, pageFolder, port: kioskPort, info });
}
process.send?.({ serves: true });
