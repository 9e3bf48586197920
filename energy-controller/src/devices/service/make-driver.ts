import { join } from 'node:path';
import type { DeviceKind } from '@roamgrid/wire';
import { climate } from '../climate/device.ts';
import { depository } from '../depository/device.ts';
import { Driver, type AnyDriver } from '../driver.ts';
import { gate } from '../gate/device.ts';
import { fileJournal } from '../journal.ts';
import { lift } from '../lift/device.ts';
import { line } from '../line/device.ts';
import { SocketLink } from '../link/device-link.ts';
import type { Device } from '../machine/device.ts';
import type { MachineEvent } from '../machine/table.ts';
import { privateKeyOf, publicKeyOf } from '../proof.ts';
import { transfer } from '../transfer/device.ts';
import type { DeviceSettings } from './config.ts';

/** A device that says nothing for so long is away, ms. */
const ANSWERS_WITHIN_MS = 2_000;

export interface DriverSurroundings {
  readonly siteId: string;
  readonly stateDir: string;
  readonly nowMs: number;
  readonly onNotice: () => void;
  readonly onChanged: () => void;
}

const keyed = <T extends { readonly publicKey: string }>(list: readonly T[]) =>
  list.map((one) => ({ ...one, publicKey: publicKeyOf(one.publicKey) }));
const byId = (list: readonly { readonly id: string; readonly publicKey: string }[]) =>
  new Map(keyed(list).map(({ id, publicKey }) => [id, publicKey]));

/** The driver of a configured device, with its journal and the way to its hardware. */
export const makeDriver = (settings: DeviceSettings, around: DriverSurroundings): AnyDriver => {
  const drive = <Kind extends DeviceKind, State extends string, Event extends MachineEvent, Memory, Plain>(
    device: Device<Kind, State, Event, Memory, Plain>,
  ): AnyDriver => {
    const { deviceId, socket } = settings;
    const { siteId, stateDir, nowMs, onNotice, onChanged } = around;
    const link = new SocketLink({
      kind: device.kind,
      path: socket,
      timeoutMs: ANSWERS_WITHIN_MS,
      onChanged,
    });
    const states = Object.keys(device.table.states) as State[];
    const journal = fileJournal(join(stateDir, `${deviceId}.json`), states, device.memory);
    return new Driver({ siteId, deviceId, device, link, journal, onNotice }, nowMs);
  };
  switch (settings.device) {
    case 'depository':
      return drive(depository({ badges: keyed(settings.badges) }));
    case 'climate':
      return drive(climate());
    case 'lift':
      return drive(lift({ badges: keyed(settings.badges) }));
    case 'line': {
      const { transmitter, receiver } = settings;
      return drive(
        line({
          transmitter: { id: transmitter.id, privateKey: privateKeyOf(transmitter.privateKey) },
          receiver: { id: receiver.id, publicKey: publicKeyOf(receiver.publicKey) },
        }),
      );
    }
    case 'gate':
      return drive(gate({ vehicles: byId(settings.vehicles), blades: byId(settings.blades) }));
    case 'transfer':
      return drive(transfer());
  }
};
