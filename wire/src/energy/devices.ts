/** What a site's devices tell the control centre, and what its operators see of them. */
import { z } from 'zod';
import { instantMs, recordId, sha256Hex } from '../codec/scalars.ts';
import { deviceKind, deviceName } from './device-line.ts';
import { noticeCode } from './tampering.ts';

export const noticeKinds = ['FAULTY_BLADE_INSIDE', 'ANOMALY', 'TAMPER'] as const;

/** Names a notice for good: told twice, it is the same one. Device, life of its journal, step, place in the step. */
export const noticeKey = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w.-]{0,63}~[0-9a-f]{16}~\d{1,12}~\d{1,3}$/,
    'a notice key: device~journal~step~number',
  );

export const deviceNotice = z.strictObject({
  key: noticeKey,
  siteId: recordId,
  deviceId: deviceName,
  device: deviceKind,
  kind: z.enum(noticeKinds),
  code: noticeCode,
  says: z.string().min(1).max(200),
  atMs: instantMs,
  facts: z.record(z.string().regex(/^[A-Za-z]{1,30}$/), z.string().max(100)),
});
export type DeviceNotice = z.infer<typeof deviceNotice>;

export const noticeList = z.strictObject({ notices: z.array(deviceNotice) });

/** A step that a device took, or a request that it refused. */
export const deviceLogEntry = z.strictObject({
  step: z.int().min(0),
  atMs: instantMs,
  from: z.string(),
  event: z.string(),
  to: z.string(),
  /** Why it was refused; absent when it was not. */
  refused: z.string().exactOptional(),
  /** Who showed a badge: a hash of its number. */
  who: sha256Hex.exactOptional(),
});
export type DeviceLogEntry = z.infer<typeof deviceLogEntry>;

export const deviceView = z.strictObject({
  deviceId: deviceName,
  device: deviceKind,
  state: z.string(),
  says: z.string(),
  isSafe: z.boolean(),
  sinceMs: instantMs,
  /** Whether its last exchange reached it. */
  isReached: z.boolean(),
  /** Requests that are possible now, of those that an operator may make. */
  possible: z.array(z.string()),
  order: z.record(z.string(), z.unknown()),
  facts: z.record(z.string(), z.string()),
  /** Notices that the control centre has not taken yet. */
  untold: z.int().min(0),
  log: z.array(deviceLogEntry),
});
export type DeviceView = z.infer<typeof deviceView>;

export const deviceList = z.strictObject({ devices: z.array(deviceView) });
/** What an operator, or the station beside it, asks of a device. */
export const deviceRequest = z.strictObject({
  type: z.string().regex(/^[a-z-]{1,40}$/),
  /** The part that it is about, where a device has several. */
  id: deviceName.exactOptional(),
});
export type DeviceRequest = z.infer<typeof deviceRequest>;
