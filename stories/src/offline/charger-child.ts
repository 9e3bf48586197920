/**
 * A charger in a process of its own, with no network: what gets in and out of it are frames of its radio, and what somebody does at its plug.
 * Forked by `charger-process.ts`.
 */
import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import { signerOf, NODE_SUITE } from '@roamgrid/offline/node';
import {
  Battery,
  fileEndStore,
  fileJournal,
  openOfflineStation,
  Outlet,
  serveNeighbours,
  serveRadio,
  SimulatedBay,
} from '@roamgrid/station';
import { GatewayClient, systemClock } from '@roamgrid/station-kit';
import { bytesOf, type ChargerAct, type ChargerOrder, type ChargerSight } from './charger-order.ts';
import type { ChargerSaid } from './charger-process.ts';
import { openFirmware } from './charger-firmware.ts';
import { HeldClock } from './held-clock.ts';

/** Nothing listens there: the station has no network. */
const NOWHERE = 'http://127.0.0.1:9';
const MS_PER_S = 1_000;
const READING_EVERY_MS = 60_000;
const AGAIN_MS = 200;
/** A machine that does much else may leave a phone's process without a turn for seconds; who is taken away closes the way. */
const PATIENCE_MS = 20_000;
/** Rounds of the event loop in which whoever was woken does what is his. */
const TURNS = 4;

const joinNetwork = async ({ folder, neighbours }: ChargerOrder) => {
  if (neighbours === undefined) return undefined;
  const addresses = new Map(neighbours.evseIds.map((evseId) => [evseId, '']));
  const served = await serveNeighbours({
    ...{ folder: join(folder, 'near'), everyMs: neighbours.everyMs, onFault: fail },
    neighbours: addresses,
  });
  return { ...served, addresses };
};

const open = async (order: ChargerOrder) => {
  const maxPowerW = BigInt(order.maxPowerW);
  const { heldAtMs, stepMs, againMs = AGAIN_MS } = order;
  const held = heldAtMs === undefined ? undefined : new HeldClock(heldAtMs);
  const clock = held ?? systemClock;
  const bay = new SimulatedBay({
    maxPowerW,
    vehicle: () => new Battery({ capacityWh: 60_000n, initialWh: 6_000n, maxPowerW: 150_000n }),
    staysMs: Infinity,
    plugsInWhenAsked: false,
  });
  const identity = {
    stationId: order.stationId,
    utilityId: order.utilityId,
    keyId: 'station',
    key: createPrivateKey(order.stationKeyPem),
  };
  const outlet = new Outlet({
    identity,
    meter: {
      meterId: order.meterId,
      evseId: order.evseId,
      gatewaySerial: order.stationId,
      key: createPrivateKey(order.meterKeyPem),
    },
    maxPowerW,
    gateway: new GatewayClient(NOWHERE, identity),
    clock,
    journal: fileJournal(join(order.folder, 'journal')),
    ends: fileEndStore(join(order.folder, 'ends')),
    bay,
    ...(stepMs !== undefined && { timing: { stepMs, readingEveryMs: READING_EVERY_MS } }),
  });
  const { charger: own, operator } = order;
  const firmware = await openFirmware(order);
  const neighbours = await joinNetwork(order);
  const station = await openOfflineStation({
    suite: NODE_SUITE,
    identity: {
      evseId: order.evseId,
      signer: signerOf(createPrivateKey(own.keyPem), bytesOf(own.kid)),
      certificate: bytesOf(own.certificate),
    },
    groupIds: order.groupIds,
    operator: {
      kid: bytesOf(operator.kid),
      key: { x: bytesOf(operator.x), y: bytesOf(operator.y) },
      readerPoint: bytesOf(operator.readerPoint),
    },
    firstIssuers: bytesOf(order.firstIssuers),
    outlet,
    folder: join(order.folder, 'charger'),
    ...(order.hasBattery && { batteryS: Math.floor(clock.nowMs() / MS_PER_S) }),
    ...(held !== undefined && { uptimeMs: () => held.nowMs() - (heldAtMs ?? 0) }),
    ...(order.capacity !== undefined && { capacity: order.capacity }),
    ...(firmware && { firmware: firmware.options }),
    ...(neighbours && { neighbours: neighbours.net }),
    onFault: fail,
  });
  neighbours?.join(station.charger);
  const radio = await serveRadio({
    charger: station.charger,
    ...(order.frameBytes !== undefined && { frameBytes: order.frameBytes }),
    pace: { againMs, tries: Math.ceil(PATIENCE_MS / againMs) },
    onFault: fail,
  });
  // It runs, so its firmware is good.
  await firmware?.passed();
  const shown = (): string => outlet.shared.memory.meter.state.registerWms.toString();
  const look = async (registers: readonly string[] = []): Promise<ChargerSight> => ({
    bootCounter: station.charger.bootCounter,
    running: station.charger.running,
    isCableLocked: bay.isCableLocked,
    registerWms: shown(),
    registers,
    ...(firmware && { firmware: await firmware.look() }),
  });
  /** What was woken has done what it does, and the charger has seen what time it is. */
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < TURNS; turns += 1) await new Promise((later) => setImmediate(later));
    await station.charger.tick();
  };
  const pass = async (passMs: number, everyMs: number): Promise<ChargerSight> => {
    if (held === undefined) throw new Error('its time passes by itself');
    const registers: string[] = [];
    for (let passedMs = 0; passedMs < passMs; passedMs += everyMs) {
      await held.pass(Math.min(everyMs, passMs - passedMs), settle);
      registers.push(shown());
    }
    return look(registers);
  };
  const act = async (what: ChargerAct): Promise<ChargerSight> => {
    if (typeof what === 'object' && 'found' in what) {
      neighbours?.addresses.set(what.found.evseId, what.found.url);
      return look();
    }
    if (typeof what === 'object') return pass(what.passMs, what.everyMs ?? what.passMs);
    if (what === 'plug-in') bay.plugIn();
    if (what === 'unplug') bay.unplug();
    if (what === 'break') bay.fail('ground-fault');
    if (what === 'stick') bay.fail('relay-stuck');
    if (what === 'mend') bay.mend();
    if (what !== 'look') await settle();
    return look();
  };
  return { url: radio.url, nearUrl: neighbours?.url, act };
};

const say = (said: ChargerSaid): void => void process.send?.(said);
/** As a charger does whose program fails: it starts anew. Whoever asks it hears why. */
function fail(error: unknown): void {
  const fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const end = (): never => process.exit(1);
  if (process.send === undefined) end();
  else process.send({ fault } satisfies ChargerSaid, end);
}

let opened: Awaited<ReturnType<typeof open>> | undefined;
process.on(
  'message',
  ({ to, order, act }: { readonly to: number; readonly order?: ChargerOrder; readonly act?: ChargerAct }) => {
    if (order !== undefined)
      open(order).then((one) => {
        opened = one;
        say({ to, url: one.url, ...(one.nearUrl !== undefined && { nearUrl: one.nearUrl }) });
      }, fail);
    else if (act !== undefined && opened !== undefined)
      opened.act(act).then((sight) => {
        say({ to, sight });
      }, fail);
  },
);
process.on('uncaughtException', fail);
process.on('disconnect', () => process.exit(0));
