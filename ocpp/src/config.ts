import {
  databaseConfig,
  duration,
  listenConfig,
  logLevel,
  privateJwk,
  tlsConfig,
  trustedCaller,
  trustedProxies,
} from '@roamgrid/service-kit/runtime';
import { energyWhCodec, evseId, keyId, meterJwk, powerWCodec, recordId, utilityId } from '@roamgrid/wire';
import { z } from 'zod';
import { STATION_ID } from './edge/admit.ts';
import { credential, edgeConfig } from './edge/config.ts';
import { TRANSFER_MODES } from './model/energy-transfer.ts';

const outlet = z.strictObject({
  /** As the station numbers it: EVSE of 2.x, connector of 1.6. */
  evse: z.int().min(1).max(1_000),
  connector: z.int().min(1).max(100).optional(),
  evseId,
  maxPowerW: powerWCodec,
  /** How energy may go there, where a car may also give it back: to the utility’s own customers alone. 2.1. */
  transferModes: z.array(z.enum(TRANSFER_MODES)).min(1).max(TRANSFER_MODES.length).optional(),
  /** By which the utility vouches for values that no meter signed; registered on the ledger as signed by the operator. */
  operatorMeter: z.strictObject({ meterId: recordId, key: privateJwk }),
  /** Of a meter that signs; registered on the ledger as the meter’s. */
  signingMeter: z.strictObject({ meterId: recordId, key: meterJwk }).optional(),
});

/** A station as the utility set it up; what it says of itself changes none of it. */
export const stationConfig = z.strictObject({
  /** Of the ledger’s registry, and its identity in OCPP. */
  stationId: recordId.regex(
    STATION_ID,
    'an identity that OCPP can carry: at most 48 letters, digits and -_.:*',
  ),
  credential,
  /** Its key of the ledger’s registry, kept here for it: proves it to the gateway, and attests consents. */
  keyId,
  key: privateJwk,
  /** Drivers read there what the station is told to show. */
  hasScreen: z.boolean(),
  /** What is asked for where a driver can choose nothing. */
  usualAsk: z
    .strictObject({ requestedEnergyWh: energyWhCodec, plannedMs: z.int().min(60_000).max(172_800_000) })
    .prefault({ requestedEnergyWh: '30000', plannedMs: 14_400_000 }),
  outlets: z.array(outlet).min(1).max(100),
});

/** Everything that a door for stations of OCPP needs to run. Times in milliseconds. */
export const doorConfig = z.strictObject({
  utilityId,
  /** The operators’ interface; stations connect at `edge`. */
  listen: listenConfig,
  publicUrl: z.url().optional(),
  tls: tlsConfig.optional(),
  trustedProxies,
  database: databaseConfig,
  gatewayUrl: z.url(),
  /** The gateway’s own origin, where it is reached under another one. */
  gatewayAudience: z.url().optional(),
  edge: edgeConfig,
  /** By which drivers’ tokens are hashed and encrypted in the database: 32 random bytes in hex. */
  tokenSecret: z.string().regex(/^[0-9a-f]{64}$/, '32 random bytes in hex'),
  /** The operators. */
  trusted: z.array(trustedCaller).min(1).max(50),
  stations: z
    .array(stationConfig)
    .min(1)
    .max(20_000)
    .refine((all) => new Set(all.map(({ stationId }) => stationId)).size === all.length, {
      message: 'two stations have one id',
    }),
  /** A command told again under its id gets its first answer for so long. */
  commandsKept: duration(86_400_000),
  /** Between two looks at what is booked at a station that is connected. */
  bookedEvery: duration(60_000),
  logLevel,
});

export type DoorConfig = z.input<typeof doorConfig>;
export type DoorSettings = z.output<typeof doorConfig>;
