import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveSimulated, startCentre, startDevices } from '@roamgrid/energy-controller/devices';
import { call } from '@roamgrid/service-kit';
import { deviceList, type DeviceView } from '@roamgrid/wire';
import type { LocalSystem } from '../system/system.ts';

/** Simulated devices of the site that move something else than power: a depository of blades, their heat pump, the lift. */
export interface SiteDevices {
  /** Where operators ask the devices and the control centre, and the token of each. */
  readonly doors: readonly { readonly name: string; readonly url: string; readonly token: string }[];
  look(): Promise<readonly DeviceView[]>;
  close(): Promise<void>;
}

const KINDS = ['depository', 'climate', 'lift'] as const;
const TIMEOUT_MS = 5_000;

export const startSiteDevices = async (
  { keys, stateDir }: LocalSystem,
  siteId: string,
): Promise<SiteDevices> => {
  const [site, operator, station] = ['site', 'operator', 'station'].map((who) =>
    keys.secret(`devices-${who}`),
  ) as [string, string, string];
  // Short: a socket's path has at most 103 bytes.
  const sockets = mkdtempSync(join(tmpdir(), 'site-'));
  const open: { close(): Promise<void> }[] = [{ close: () => rm(sockets, { recursive: true, force: true }) }];
  const close = async (): Promise<void> => {
    for (const each of open.toReversed()) await each.close();
  };
  const opened = <T extends { close(): Promise<void> }>(one: T): T => {
    open.push(one);
    return one;
  };
  try {
    const socketOf = (kind: string) => join(sockets, `${kind}.sock`);
    for (const kind of KINDS)
      opened(await serveSimulated(kind, socketOf(kind), join(sockets, `${kind}-hands.sock`)));
    const centre = opened(
      await startCentre({
        ...{ listen: {}, folder: join(stateDir, 'control-centre'), logLevel: 'silent' },
        ...{ siteTokens: [site], operatorTokens: [operator] },
      }),
    );
    const devices = opened(
      await startDevices({
        ...{ siteId, listen: {}, stateDir: join(stateDir, 'devices'), logLevel: 'silent' },
        centre: { url: centre.url, token: site },
        ...{ operatorTokens: [operator], stationTokens: [station] },
        devices: [
          { device: 'depository', deviceId: 'depository', socket: socketOf('depository'), badges: [] },
          { device: 'climate', deviceId: 'climate', socket: socketOf('climate') },
          { device: 'lift', deviceId: 'lift', socket: socketOf('lift'), badges: [] },
        ],
      }),
    );
    return {
      doors: [
        { name: 'devices', url: devices.url, token: operator },
        { name: 'control centre', url: centre.url, token: operator },
      ],
      look: async () => {
        const asked = await call({
          ...{ method: 'GET', url: `${devices.url}/devices`, answer: deviceList, timeoutMs: TIMEOUT_MS },
          headers: { authorization: `Bearer ${operator}` },
        });
        if (!asked.ok) throw new Error(`the devices do not answer: ${asked.failure.kind}`);
        return asked.value.devices;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
