import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import { createLogger } from '@roamgrid/service-kit';
import type { Running } from '@roamgrid/service-kit/runtime';
import { GatewayClient, StationClock, systemClock } from '@roamgrid/station-kit';
import type { z } from 'zod';
import { fileJournal } from './agent/journal.ts';
import { Outlet } from './agent/outlet.ts';
import { stationConfig, type StationConfig } from './config.ts';
import { fileEndStore } from './ends/end-store.ts';
import { startKiosk } from './kiosk/server.ts';
import { SimulatedBay } from './simulator/simulated-bay.ts';
import { OutletSupply } from './site/outlet-supply.ts';
import { startSiteDoor } from './site/site-door.ts';
import { Battery } from './vehicle/battery.ts';

const keyOf = (key: StationConfig['key']) => createPrivateKey({ key, format: 'jwk' });

/** Runs a station's outlet, its kiosk and, where the configuration has one, the door for its site. `guestsUrl` is that door's. */
export const startStation = async (input: z.input<typeof stationConfig>): Promise<Running> => {
  const config = stationConfig.parse(input);
  const { stationId, utilityId, evseId, maxPowerW, stateDir, meter, kiosk, car, site } = config;
  const log = createLogger('station', { level: config.logLevel });
  const identity = { stationId, utilityId, keyId: config.key.kid, key: keyOf(config.key) };
  const clock = new StationClock(systemClock);
  const supply = new OutletSupply({ clock, maxPowerW, ...(site && { aloneW: site.aloneW }) });
  const { staysMs, ...battery } = car;
  const bay = new SimulatedBay({
    maxPowerW,
    vehicle: () => new Battery(battery),
    staysMs: staysMs ?? Number.POSITIVE_INFINITY,
  });
  // First: where it cannot be opened nothing has begun.
  const door =
    site === undefined
      ? undefined
      : await startSiteDoor({
          ...{ supply, bay, clock, evseId, secrets: site.secrets, port: site.port, logger: log },
          ...(site.host !== undefined && { host: site.host }),
          ...(site.tls && { tls: site.tls }),
        });
  const outlet = new Outlet({
    ...{ identity, maxPowerW, clock, bay, supply },
    meter: { meterId: meter.meterId, evseId, gatewaySerial: stationId, key: keyOf(meter.key) },
    gateway: new GatewayClient(config.gatewayUrl, identity, { clock }),
    journal: fileJournal(join(stateDir, `${meter.meterId}.journal`)),
    ends: fileEndStore(join(stateDir, 'ends')),
  });
  await outlet.recover();
  const page = await startKiosk({ outlet, info: { evseId, ...kiosk.info }, logger: log, ...pageOf(kiosk) });
  return {
    url: page.url,
    ...(door && { guestsUrl: door.url }),
    async close() {
      await page.close();
      await door?.close();
      outlet.close();
    },
  };
};

const pageOf = ({ pageFolder, port }: StationConfig['kiosk']) => ({ pageFolder, port });
