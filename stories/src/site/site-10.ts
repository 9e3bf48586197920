import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  makeKeys,
  noticesOf,
  OPERATOR_TOKEN,
  serveCentre,
  SITE_TOKEN,
  spawnDevice,
  startDevices,
  type DevicesConfig,
  type SpawnedDevice,
} from '@roamgrid/energy-controller/devices';
import {
  Battery,
  fileEndStore,
  fileJournal,
  Outlet,
  servedGate,
  SimulatedBay,
  type OutletGate,
} from '@roamgrid/station';
import { GatewayClient, systemClock } from '@roamgrid/station-kit';
import { keyObject, KeyRing } from '../system/key-ring.ts';

/**
 * SITE-10: a failed authentication cuts power and data, blades are cut one by one, and the tenth failure is tampering. Lived through on the
 * service of a site's devices, a station's outlet and a gate that is simulated in a process of its own, by the clock on the wall.
 */
interface Cut {
  readonly by: 'vehicle' | 'driver';
  /** What the gate gave before. */
  readonly before: string;
  readonly after: string;
  readonly currentMilliA: number;
  /** From the failure until all was off, by the gate's own clock. */
  readonly withinMs: boolean;
}

export interface Site10Seen {
  readonly cuts: readonly Cut[];
  /** Blades that have power and data: of a right and a wrong key, after one was cut, and after the vehicle failed. */
  readonly blades: { readonly admitted: string; readonly oneCut: string; readonly vehicleFailed: string };
  readonly tamper: {
    /** What the control centre knows after nine failures in a row, and after the tenth; the service restarted between them. */
    readonly afterNine: readonly string[];
    readonly afterTen: readonly string[];
    /** Of the gate, with a good vehicle plugged in, until an operator has cleared it. */
    readonly barred: string;
    readonly cleared: string;
  };
}

const STATION_TOKEN = 'station-token-station-token-station';
const WITHIN_MS = 100;
const PATIENCE_MS = 20_000;
const OPEN = 'on open on';
const SHUT = 'off closed off';

const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  const untilMs = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > untilMs) throw new Error(`it never came to this: ${what}`);
    await sleep(5);
  }
};

/** An outlet that nothing but a card is shown to. */
const makeOutlet = (folder: string, gate: OutletGate): Outlet => {
  const keys = new KeyRing(join(folder, 'keys.json'));
  const identity = {
    stationId: 'st1',
    utilityId: 'USDUK',
    keyId: 'k1',
    key: keyObject(keys.key('station st1')),
  };
  const spec = { capacityWh: 60_000n, initialWh: 20_000n, maxPowerW: 11_000n };
  return new Outlet({
    identity,
    gate,
    meter: {
      meterId: 'm1',
      evseId: 'US*DUK*E1*1',
      gatewaySerial: 'g1',
      key: keyObject(keys.key('meter m1')),
    },
    maxPowerW: 11_000n,
    // A wrong number is turned away before anybody is asked.
    gateway: new GatewayClient('http://127.0.0.1:9', identity),
    clock: systemClock,
    journal: fileJournal(join(folder, 'outlet.journal')),
    ends: fileEndStore(join(folder, 'ends')),
    bay: new SimulatedBay({ maxPowerW: 11_000n, vehicle: () => new Battery(spec) }),
  });
};

const shown = async (gate: SpawnedDevice): Promise<string> => {
  const { power, data, block } = await gate.hands.look();
  return [power, data, block].map(String).join(' ');
};
const bladesOf = async (gate: SpawnedDevice): Promise<string> => String((await gate.hands.look())['blades']);

/** Lives the row through. */
export const liveSite10 = async (folder: string): Promise<Site10Seen> => {
  const [car, blade, stranger] = [makeKeys(), makeKeys(), makeKeys()];
  const [gate, centre] = await Promise.all([spawnDevice('gate', 'own'), serveCentre()]);
  const config: DevicesConfig = {
    siteId: 'site-1',
    stateDir: join(folder, 'devices'),
    centre: { url: centre.url, token: SITE_TOKEN },
    operatorTokens: [OPERATOR_TOKEN],
    stationTokens: [STATION_TOKEN],
    tellAgainAfterMs: 20,
    logLevel: 'silent',
    devices: [
      {
        device: 'gate',
        deviceId: 'gate-1',
        socket: gate.socket,
        vehicles: [{ id: 'car-1', publicKey: car.publicKey }],
        blades: ['blade-1', 'blade-2', 'blade-3'].map((id) => ({ id, publicKey: blade.publicKey })),
      },
    ],
  };
  let devices = await startDevices(config);
  const ask = async (request: Readonly<Record<string, string>>): Promise<number> => {
    const answer = await fetch(`${devices.url}/devices/gate-1/requests`, {
      method: 'POST',
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    return answer.status;
  };
  const state = async (): Promise<string> => {
    const answer = await fetch(`${devices.url}/devices/gate-1`, {
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
    });
    return ((await answer.json()) as { readonly state: string }).state;
  };
  const inState = (expected: string) => until(expected, async () => (await state()) === expected);
  const plug = (keys: { readonly privateKey: string }) =>
    gate.hands.act({ do: 'plug', id: 'car-1', key: keys.privateKey });
  const unplug = async () => {
    await gate.hands.act({ do: 'unplug' });
    await inState('closed');
  };
  /** On a machine that is busy an order can run out before its next one comes: then it is given again. */
  const shows = async (expected: string): Promise<string> => {
    await until(expected, async () => (await shown(gate)) === expected);
    return expected;
  };
  const hasBlades = async (expected: string): Promise<string> => {
    await until(expected, async () => (await bladesOf(gate)) === expected);
    return expected;
  };
  const open = async () => {
    await plug(car);
    return shows(OPEN);
  };
  try {
    const { url } = devices;
    const outlet = makeOutlet(folder, servedGate({ url, deviceId: 'gate-1', token: STATION_TOKEN }));
    await inState('closed');
    const fails = {
      vehicle: () => plug(stranger),
      driver: async () => {
        await gate.hands.act({ do: 'note-failure' });
        await outlet.swipe({ cin: 'no card', method: 'card', requestedEnergyWh: 10_000n, plannedMs: 60_000 });
      },
    };
    const cuts: Cut[] = [];
    for (const by of ['vehicle', 'driver', 'vehicle', 'driver'] as const) {
      const before = await open();
      await fails[by]();
      await until('cut', async () => (await gate.hands.look())['cutAfterMs'] !== null);
      const { cutAfterMs, currentMilliA } = await gate.hands.look();
      const withinMs = typeof cutAfterMs === 'number' && cutAfterMs >= 0 && cutAfterMs <= WITHIN_MS;
      cuts.push({ by, before, after: await shown(gate), currentMilliA: Number(currentMilliA), withinMs });
      await inState('refused');
      await unplug();
    }
    outlet.close();

    for (const id of ['blade-1', 'blade-2'])
      await gate.hands.act({ do: 'put-blade', id, key: blade.privateKey });
    await gate.hands.act({ do: 'put-blade', id: 'blade-3', key: stranger.privateKey });
    await hasBlades('blade-1,blade-2');
    await open();
    const admitted = await hasBlades('blade-1,blade-2');
    await ask({ type: 'cut-blade', id: 'blade-1' });
    const oneCut = await hasBlades('blade-2');
    await plug(stranger);
    await inState('refused');
    const blades = { admitted, oneCut, vehicleFailed: await hasBlades('blade-2') };
    await unplug();

    // A good one ends the count of those before it.
    await open();
    await unplug();
    for (let failure = 1; failure <= 9; failure += 1) {
      await plug(stranger);
      await inState('refused');
      await unplug();
      if (failure !== 5) continue;
      await devices.close();
      devices = await startDevices(config);
      await inState('closed');
    }
    const tampering = async () =>
      (await noticesOf(centre.url)).filter(({ kind }) => kind === 'TAMPER').map(({ code }) => code);
    const afterNine = await tampering();
    await plug(stranger);
    await inState('barred');
    await gate.hands.act({ do: 'unplug' });
    await until('told', async () => (await tampering()).length > 0);
    await plug(car);
    await sleep(100);
    const barred = await shown(gate);
    await ask({ type: 'clear' });
    await inState('open');
    const tamper = { afterNine, afterTen: await tampering(), barred, cleared: await shows(OPEN) };
    return { cuts, blades, tamper };
  } finally {
    await devices.close();
    await Promise.all([gate.close(), centre.close()]);
  }
};

/** Whether what was seen is what SITE-10 asks for. */
export const isSite10 = ({ cuts, blades, tamper }: Site10Seen): boolean =>
  cuts.length === 4 &&
  cuts.every(
    ({ by, before, after, currentMilliA, withinMs }, index) =>
      by === (index % 2 === 0 ? 'vehicle' : 'driver') &&
      before === OPEN &&
      after === SHUT &&
      currentMilliA === 0 &&
      withinMs,
  ) &&
  blades.admitted === 'blade-1,blade-2' &&
  blades.oneCut === 'blade-2' &&
  blades.vehicleFailed === 'blade-2' &&
  tamper.afterNine.length === 0 &&
  tamper.afterTen.length === 1 &&
  tamper.afterTen[0] === 'AUTHENTICATIONS_FAILED' &&
  tamper.barred === SHUT &&
  tamper.cleared === OPEN;
