import { generateKeyPairSync } from 'node:crypto';
import { makeCin, unwrap } from '@roamgrid/domain';
import {
  Battery,
  memoryEndStore,
  memoryJournal,
  Outlet,
  OutletSupply,
  SimulatedBay,
  startSiteDoor,
} from '@roamgrid/station';
import { GatewayClient } from '@roamgrid/station-kit';
import { billBody, offerBody, peerGateway, startBody } from '@roamgrid/station-kit/testing';
import type { ManualClock } from './manual-clock.ts';

/** For one step of the agent. */
export const STEP_MS = 10_000;
const HOUR_MS = 3_600_000;
const EVSE = 'US*DUK*E1*1';

const key = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const cin = unwrap(makeCin({ country: 'US', party: 'ALP', service: 'E', customer: '0012345' }));

/** An own station's agent whose one outlet charges a car, with its door for the site. */
export interface ChargingOutlet {
  readonly outlet: Outlet;
  readonly url: string;
  /** Consents to the charge: then it begins. */
  begin(): Promise<void>;
  close(): Promise<void>;
}

export const startChargingOutlet = async (clock: ManualClock, secret: string): Promise<ChargingOutlet> => {
  const gateway = await peerGateway(({ path, body }) => {
    if (path.endsWith('/swipes')) return { status: 200, body: offerBody };
    if (path.endsWith('/sessions')) return { status: 201, body: startBody('40000') };
    if (!path.endsWith('/reports')) return { status: 200, body: billBody };
    return { status: 200, body: { sequence: body['sequence'], command: 'continue', runningMicros: '1' } };
  });
  const identity = { stationId: 'st1', utilityId: 'USDUK', keyId: 'k1', key: key() };
  const supply = new OutletSupply({ clock, maxPowerW: 100_000n, aloneW: 11_000n });
  const vehicle = () => new Battery({ capacityWh: 100_000n, initialWh: 25_000n, maxPowerW: 80_000n });
  const bay = new SimulatedBay({ maxPowerW: 100_000n, vehicle, staysMs: HOUR_MS });
  const outlet = new Outlet({
    ...{ identity, clock, bay, supply, maxPowerW: 100_000n },
    meter: { meterId: 'm1', evseId: EVSE, gatewaySerial: 'g1', key: key() },
    gateway: new GatewayClient(gateway.url, identity),
    ...{ journal: memoryJournal(), ends: memoryEndStore() },
    timing: { stepMs: STEP_MS, readingEveryMs: 60_000 },
  });
  const door = await startSiteDoor({ supply, bay, clock, evseId: EVSE, secrets: [secret], port: 0 });
  return {
    outlet,
    url: door.url,
    async begin() {
      await outlet.swipe({ cin, method: 'card', requestedEnergyWh: 40_000n, plannedMs: HOUR_MS });
      await outlet.consent(offerBody.quoteHash);
    },
    async close() {
      if (outlet.state.screen === 'charging') outlet.stop();
      outlet.close();
      gateway.close();
      await door.close();
    },
  };
};
