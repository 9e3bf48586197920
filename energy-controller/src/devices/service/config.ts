import { duration, listenConfig, logLevel, tlsConfig } from '@roamgrid/service-kit/runtime';
import { deviceName, recordId } from '@roamgrid/wire';
import { z } from 'zod';
import { publicKeyOf, privateKeyOf } from '../proof.ts';

const isKey = (read: (pem: string) => unknown) => (pem: string) => {
  try {
    read(pem);
    return true;
  } catch {
    return false;
  }
};
const publicPem = z.string().refine(isKey(publicKeyOf), 'a public key as PEM text');
const privatePem = z.string().refine(isKey(privateKeyOf), 'a private key as PEM text');
const token = z.string().min(32);

/** Somebody or something with a key of its own. */
const known = z.strictObject({ id: deviceName, publicKey: publicPem });
const badge = known.extend({ role: z.enum(['driver', 'technician']) });
const device = z.strictObject({
  deviceId: deviceName,
  /** Of the device, on this machine. */
  socket: z.string().min(1).max(103),
});

/** How often a device is looked at, ms; one that says by itself that something changed is looked at then, too. */
const looks = (defaultMs: number) => ({ lookEveryMs: z.int().min(1).max(60_000).default(defaultMs) });

/** Everything that the devices of a site need to run. */
export const devicesConfig = z.strictObject({
  siteId: recordId,
  listen: listenConfig,
  tls: tlsConfig.exactOptional(),
  /** Of journals. */
  stateDir: z.string().min(1),
  centre: z.strictObject({ url: z.url(), token }),
  operatorTokens: z.array(token).min(1),
  /** Of stations that tell what became of their drivers. */
  stationTokens: z.array(token).min(1),
  tellAgainAfterMs: duration(500),
  logLevel,
  devices: z
    .array(
      z.discriminatedUnion('device', [
        device.extend({ device: z.literal('depository'), badges: z.array(badge).max(10_000), ...looks(200) }),
        device.extend({ device: z.literal('climate'), ...looks(1_000) }),
        device.extend({ device: z.literal('lift'), badges: z.array(badge).max(10_000), ...looks(50) }),
        device.extend({
          device: z.literal('line'),
          transmitter: z.strictObject({ id: deviceName, privateKey: privatePem }),
          receiver: known,
          ...looks(4),
        }),
        device.extend({
          device: z.literal('gate'),
          vehicles: z.array(known).max(10_000),
          blades: z.array(known).max(64),
          /** The fault-managed line by which power comes to it: off unless the gate is open. */
          line: deviceName.exactOptional(),
          ...looks(20),
        }),
        device.extend({ device: z.literal('transfer'), ...looks(50) }),
      ]),
    )
    .min(1)
    .max(100)
    .refine(
      (devices) => new Set(devices.map(({ deviceId }) => deviceId)).size === devices.length,
      'two devices have one id',
    )
    .refine((devices) => {
      const lines = devices.flatMap((one) => (one.device === 'gate' ? (one.line ?? []) : []));
      const known = new Set(devices.flatMap(({ device, deviceId }) => (device === 'line' ? [deviceId] : [])));
      return new Set(lines).size === lines.length && lines.every((one) => known.has(one));
    }, 'the line of a gate is a line of its own among the devices'),
});
export type DevicesConfig = z.input<typeof devicesConfig>;
export type DevicesSettings = z.output<typeof devicesConfig>;
export type DeviceSettings = DevicesSettings['devices'][number];
