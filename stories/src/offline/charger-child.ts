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
  serveRadio,
  SimulatedBay,
} from '@roamgrid/station';
import { GatewayClient, systemClock } from '@roamgrid/station-kit';
import { bytesOf, type ChargerAct, type ChargerOrder, type ChargerSight } from './charger-order.ts';

/** Nothing listens there: the station has no network. */
const NOWHERE = 'http://127.0.0.1:9';
const MS_PER_S = 1_000;

const open = async (order: ChargerOrder) => {
  const maxPowerW = BigInt(order.maxPowerW);
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
    clock: systemClock,
    journal: fileJournal(join(order.folder, 'journal')),
    ends: fileEndStore(join(order.folder, 'ends')),
    bay,
  });
  const { charger: own, operator } = order;
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
    ...(order.hasBattery && { batteryS: Math.floor(Date.now() / MS_PER_S) }),
    ...(order.capacity !== undefined && { capacity: order.capacity }),
    onFault: fail,
  });
  const radio = await serveRadio({
    charger: station.charger,
    ...(order.frameBytes !== undefined && { frameBytes: order.frameBytes }),
    onFault: fail,
  });
  const look = (): ChargerSight => ({
    bootCounter: station.charger.bootCounter,
    running: station.charger.running,
    isCableLocked: bay.isCableLocked,
  });
  const act = (what: ChargerAct): ChargerSight => {
    if (what === 'plug-in') bay.plugIn();
    if (what === 'unplug') bay.unplug();
    return look();
  };
  return { url: radio.url, act };
};

const say = (message: object): void => void process.send?.(message);
/** As a charger does whose program fails: it starts anew. */
function fail(error: unknown): void {
  say({ fault: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exit(1);
}

let opened: Awaited<ReturnType<typeof open>> | undefined;
process.on('message', (message: { readonly order?: ChargerOrder; readonly act?: ChargerAct }) => {
  if (message.order !== undefined)
    open(message.order).then((one) => {
      opened = one;
      say({ url: one.url, sight: one.act('look') });
    }, fail);
  else if (message.act !== undefined && opened !== undefined) say({ sight: opened.act(message.act) });
});
process.on('disconnect', () => process.exit(0));
