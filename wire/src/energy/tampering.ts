import { z } from 'zod';
import { instantMs, recordId, sha256Hex, utilityId } from '../codec/scalars.ts';
import { commandId } from '../ledger/envelope.ts';
import { deviceKind, deviceName } from './device-line.ts';

/**
 * Tampering with a site's devices on the ledger (SITE-10): what happened at which device and when, and nothing of who did it.
 * Each event is recorded once, and a site's events are numbered in the order in which the ledger heard of them.
 */

/** Events in one command. */
export const TAMPER_EVENTS = 100;

/** Which anomaly a device tells of; one word for one kind of it. */
export const noticeCode = z.string().regex(/^[A-Z][A-Z_]{1,39}$/);

export const tamperEvent = z.strictObject({
  /** SHA-256 of the notice's key: told again, it is the same event. */
  eventId: sha256Hex,
  deviceId: deviceName,
  device: deviceKind,
  code: noticeCode,
  /** When it happened, by the site's clock. */
  atMs: instantMs,
});
export type TamperEvent = z.infer<typeof tamperEvent>;

/** Public: one event. */
export const tamperRecord = z.strictObject({
  type: z.literal('tamper'),
  version: z.literal(1),
  /** Whose site it is, and the site as the registry of stations has it. */
  utilityId,
  siteId: recordId,
  /** From 1 on at each site, without a gap. */
  number: z.int().min(1),
  ...tamperEvent.shape,
  /** Time of the transaction. */
  recordedAtMs: instantMs,
});
export type TamperRecord = z.infer<typeof tamperRecord>;

/** How many events of a site are recorded. */
export const tamperCountRecord = z.strictObject({
  type: z.literal('tamperCount'),
  version: z.int().min(1),
  utilityId,
  siteId: recordId,
  count: z.int().min(1),
});

export const tamperingCommands = {
  /**
   * Role station or aaa of the site's utility. Events ascend in time, those of one instant by id. One that is recorded already is
   * left as it is; told otherwise under the same id it is a CONFLICT.
   */
  recordTampering: z.strictObject({
    commandId,
    utilityId,
    siteId: recordId,
    events: z.array(tamperEvent).min(1).max(TAMPER_EVENTS),
  }),
} as const;

export const tamperingQueries = {
  getTampering: z.strictObject({ utilityId, siteId: recordId, eventId: sha256Hex }),
} as const;
