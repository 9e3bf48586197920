import { z } from 'zod';
import { TRANSFER_MODES } from '../model/energy-transfer.ts';
import { chargingProfile } from './profile.ts';

/** What operators ask of a station, in no version’s words. */

const outlet = z.strictObject({
  evse: z.int().min(0).max(1_000),
  connector: z.int().min(1).max(100).optional(),
});
const token = z.strictObject({
  type: z.enum(['cin', 'emaid', 'rfid', 'app']),
  value: z.string().min(1).max(64),
});
const transactionId = z.string().min(1).max(36);
const instantMs = z.int().min(0).max(8_640_000_000_000_000);
const number31 = z.int().min(1).max(2_147_483_647);
/** Lower numbers are those of the starts that drivers ask for through the door itself. */
const operatorsStart = z.int().min(1_000_000_000).max(2_147_483_647);
const location = z.url().max(512);
const text = z.strictObject({ language: z.string().regex(/^[a-z]{2}$/), text: z.string().min(1).max(512) });

export const stationCommand = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('start'), outlet, token, remoteStart: operatorsStart }),
  z.strictObject({ kind: z.literal('stop'), transactionId }),
  z.strictObject({
    kind: z.literal('reserve'),
    /** Higher numbers are those of what drivers booked. */
    reservationId: z.int().min(1).max(999_999_999),
    outlet,
    token,
    untilMs: instantMs,
  }),
  z.strictObject({ kind: z.literal('cancel-reservation'), reservationId: number31 }),
  z.strictObject({ kind: z.literal('set-availability'), outlet, isOperative: z.boolean() }),
  z.strictObject({ kind: z.literal('set-profile'), outlet, profile: chargingProfile }),
  z.strictObject({
    kind: z.literal('clear-profile'),
    profileId: number31.optional(),
    outlet: outlet.optional(),
    purpose: chargingProfile.shape.purpose.optional(),
    stackLevel: z.int().min(0).max(1_000).optional(),
  }),
  z.strictObject({
    kind: z.literal('composite-schedule'),
    outlet,
    durationS: z.int().min(1).max(31_536_000),
    unit: z.enum(['A', 'W']).optional(),
  }),
  z.strictObject({
    kind: z.literal('update-firmware'),
    requestId: number31,
    location,
    retrieveAtMs: instantMs,
    /** Of who made it; without them a station that checks nothing is asked to take it unchecked. */
    signing: z
      .strictObject({ certificate: z.string().max(5_500), signature: z.string().max(800) })
      .optional(),
  }),
  z.strictObject({
    kind: z.literal('get-log'),
    requestId: number31,
    log: z.enum(['diagnostics', 'security']),
    location,
    fromMs: instantMs.optional(),
    untilMs: instantMs.optional(),
  }),
  z.strictObject({
    kind: z.literal('trigger'),
    message: z.enum([
      'boot',
      'heartbeat',
      'status',
      'meter-values',
      'transaction',
      'firmware-status',
      'log-status',
    ]),
    outlet: outlet.optional(),
  }),
  z.strictObject({ kind: z.literal('unlock'), outlet }),
  z.strictObject({ kind: z.literal('reset'), when: z.enum(['now', 'idle']), outlet: outlet.optional() }),
  z.strictObject({
    kind: z.literal('show'),
    messageId: number31,
    text,
    transactionId: transactionId.optional(),
    untilMs: instantMs.optional(),
  }),
  z.strictObject({ kind: z.literal('clear-shown'), messageId: number31 }),
  z.strictObject({
    kind: z.literal('get-settings'),
    /** Keys of 1.6; `Component.Variable` of 2.x, each as `Name/instance` where it has one. */
    names: z.array(z.string().min(1).max(100)).min(1).max(50),
  }),
  z.strictObject({
    kind: z.literal('set-setting'),
    name: z.string().min(1).max(100),
    value: z.string().max(500),
  }),
  z.strictObject({
    kind: z.literal('set-default-tariff'),
    outlet,
    /** As it is published: what is shown while nobody is authorised. */
    tariffJson: z.string().min(2).max(200_000),
    texts: z.array(text).max(10).optional(),
    validFromMs: instantMs.optional(),
  }),
  z.strictObject({ kind: z.literal('get-tariffs'), outlet }),
  z.strictObject({
    kind: z.literal('clear-tariffs'),
    tariffIds: z.array(z.string().min(1).max(60)).min(1).max(100).optional(),
    outlet: outlet.optional(),
  }),
  z.strictObject({
    kind: z.literal('allow-energy-transfer'),
    transactionId,
    modes: z.array(z.enum(TRANSFER_MODES)).min(1).max(6),
  }),
]);
export type StationCommand = z.output<typeof stationCommand>;
export type CommandKind = StationCommand['kind'];
export type CommandOf<Kind extends CommandKind> = Extract<StationCommand, { readonly kind: Kind }>;
