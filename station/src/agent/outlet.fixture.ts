import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCin, unwrap } from '@roamgrid/domain';
import type { KioskState } from '@roamgrid/wire';
import { GatewayClient, steppedClock } from '@roamgrid/station-kit';
import { fileEndStore } from '../ends/end-store.ts';
import { SimulatedBay, type SimulatedBayOptions } from '../simulator/simulated-bay.ts';
import { Battery, type BatterySpec } from '../vehicle/battery.ts';
import {
  billBody,
  offerBody,
  peerGateway,
  startBody,
  type Answer,
  type Received,
} from '@roamgrid/station-kit/testing';
import { fileJournal } from './journal.ts';
import { Outlet, type OutletConfig } from './outlet.ts';

const keys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stationKeys = keys();
export const meterKeys = keys();
export const START_MS = 1_700_000_000_000;
export const CIN = unwrap(makeCin({ country: 'US', party: 'ALP', service: 'E', customer: '0012345' }));
export const SWIPE = { cin: CIN, method: 'card', requestedEnergyWh: 10_000n, plannedMs: 3_600_000 } as const;

type Answers = (received: Received, earlier: readonly Received[]) => Answer;

/** A gateway that says yes to everything. */
export const usual =
  (energyLimitWh = '10000') =>
  (received: Received): Answer => {
    if (received.path.endsWith('/swipes')) return { status: 200, body: offerBody };
    if (received.path.endsWith('/sessions')) return { status: 201, body: startBody(energyLimitWh) };
    if (received.path.endsWith('/reports')) {
      return {
        status: 200,
        body: { sequence: received.body['sequence'], command: 'continue', runningMicros: '1' },
      };
    }
    return { status: 200, body: billBody };
  };

export interface RigOptions {
  readonly battery?: Partial<BatterySpec>;
  readonly bay?: Partial<SimulatedBayOptions>;
  readonly outlet?: Partial<OutletConfig>;
}

/** Outlets over real sockets and files; `close` ends them all. */
export function outletRig() {
  const folder = mkdtempSync(join(tmpdir(), 'outlet-'));
  const closers: (() => void)[] = [];
  const identity = { stationId: 'st1', utilityId: 'USDUK', keyId: 'k1', key: stationKeys.privateKey };
  return {
    folder,
    identity,
    async with(answer: Answers, { battery, bay: bayOptions, outlet: over }: RigOptions = {}) {
      const gateway = await peerGateway(answer);
      closers.push(gateway.close);
      const spec = { capacityWh: 60_000n, initialWh: 20_000n, maxPowerW: 150_000n, ...battery };
      const bay = new SimulatedBay({
        maxPowerW: 50_000n,
        vehicle: () => new Battery(spec),
        ...bayOptions,
      });
      const make = (more: Partial<OutletConfig> = {}) => {
        const outlet = new Outlet({
          identity,
          meter: { meterId: 'm1', evseId: 'US*DUK*E1*1', gatewaySerial: 'g1', key: meterKeys.privateKey },
          maxPowerW: 50_000n,
          gateway: new GatewayClient(gateway.url, identity),
          clock: steppedClock(START_MS, 20_000),
          journal: fileJournal(join(folder, 'outlet.journal')),
          ends: fileEndStore(join(folder, 'ends')),
          bay,
          timing: { stepMs: 10_000, readingEveryMs: 60_000 },
          pace: { firstDelayMs: 2, longestDelayMs: 20, triesWhileDriverWaits: 2 },
          waits: { askDeviceEveryMs: 5, askAgainAfterMs: 60_000, plugInMs: 60_000 },
          ...over,
          ...more,
        });
        closers.push(() => outlet.close());
        return outlet;
      };
      return { outlet: make(), make, gateway, bay };
    },
    close() {
      for (const close of closers) close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Resolves once the outlet shows a screen. */
export const shows = (outlet: Outlet, screen: KioskState['screen']): Promise<KioskState> =>
  new Promise((resolve) => {
    const look = (state: KioskState) => {
      if (state.screen !== screen) return;
      unsubscribe();
      resolve(state);
    };
    const unsubscribe = outlet.subscribe(look);
    look(outlet.state);
  });

export async function begin(outlet: Outlet) {
  const state = await outlet.swipe(SWIPE);
  if (state.screen !== 'offer') throw new Error(`the outlet shows ${JSON.stringify(state)}`);
  return outlet.consent(offerBody.quoteHash);
}

/** One session from swipe to bill. */
export async function chargeOnce(outlet: Outlet) {
  const { ended } = await begin(outlet);
  return ended;
}
