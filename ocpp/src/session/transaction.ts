import { END_REASONS } from '@roamgrid/domain';
import {
  currencyCode,
  energyMilliWhCodec,
  energyWhCodec,
  instantMs,
  loyaltyLevel,
  meterReading,
  microsCodec,
  naturalMicrosCodec,
  powerWCodec,
  recordId,
  sessionId,
  startRequest,
} from '@roamgrid/wire';
import { z } from 'zod';
import { registerTrack } from './register-track.ts';

const endReason = z.enum(END_REASONS);

/** Why nobody is billed for energy that flowed. */
export const UNBILLED_CODES = [
  'refused', // home or the gateway said no
  'no-consent', // the driver was shown no price, or did not agree to it
  'no-token', // nobody was named
  'began-missing', // its begin was never told, and it is over
  'over-before-authorised', // it was over when it was told, and no offer was open
  'gateway-away',
  'before-consent', // of a session that opened while energy flowed
  'over-limit', // the station went on after it was told to stop, or past what was agreed
  'register-jump', // more than the outlet can have carried
  'after-end', // told after the transaction was ended here
  'end-refused', // the gateway did not take the session's end
  'too-old', // told so late that nobody knows whether it was told before
  'too-many', // more transactions than one station can have
] as const;
export type UnbilledCode = (typeof UNBILLED_CODES)[number];

/** What the gateway was told of a transaction, by the operator's own register of the outlet. */
export const told = z.strictObject({
  swipeId: recordId,
  sessionId,
  start: startRequest,
  /** Binds the consent into the operator's statement. */
  tariffText: z.string(),
  currency: currencyCode,
  validUntilMs: instantMs,
  /** Energy of the transaction that flowed before the session opened. */
  fromMilliWh: energyMilliWhCodec,
  /** The session is the whole transaction, however late its begin is told. */
  isWhole: z.boolean(),
  /** It opened while energy flowed, and nobody knows how much had: the next reading says it. */
  isFromNext: z.boolean(),
  energyLimitWh: energyWhCodec,
  /** The driver's level; of what was told before it was kept: none. */
  loyalty: loyaltyLevel.exactOptional(),
  reportEveryMs: z.int(),
  last: meterReading,
  /** Power over the time between the last two readings. */
  lastPowerW: powerWCodec,
  sequence: z.int().min(0),
  reportedAtMs: instantMs,
  pending: z.array(meterReading),
  runningMicros: naturalMicrosCodec.exactOptional(),
  /** What the station was at when it was told to stop, and why. */
  stop: z
    .strictObject({
      reason: endReason,
      atMs: instantMs,
      registerMilliWh: energyMilliWhCodec,
      powerW: powerWCodec,
    })
    .exactOptional(),
});
export type Told = z.output<typeof told>;

/** What is known of a transaction. Times are the gateway's where nothing else is said. */
export const transactionBody = z.strictObject({
  begunAtMs: instantMs.exactOptional(),
  /** When its token was first told, and what had flowed until then. */
  named: z
    .strictObject({ atMs: instantMs, milliWh: energyMilliWhCodec, isAtBegin: z.boolean() })
    .exactOptional(),
  lastAtMs: instantMs,
  isCharging: z.boolean(),
  powerW: powerWCodec.exactOptional(),
  socPpm: z.int().exactOptional(),
  imported: registerTrack.exactOptional(),
  /** What the car gave: kept, and not billed. */
  exported: registerTrack.exactOptional(),
  signed: z.array(z.strictObject({ text: z.string(), encoding: z.string() })),
  end: z
    .strictObject({ atMs: instantMs, reason: endReason.exactOptional(), isTold: z.boolean() })
    .exactOptional(),
  /** The station has started anew since it told of it. */
  isBooted: z.boolean(),
  /** Wall time since when the outlet is said to be free, and nothing was told of it. */
  freeSinceMs: instantMs.exactOptional(),
  remoteStart: z.int().exactOptional(),
  reservation: z.int().exactOptional(),
  /** Wall time until which the driver's own device is waited for. */
  consentUntilMs: instantMs.exactOptional(),
  refusal: z
    .strictObject({
      code: z.enum(UNBILLED_CODES),
      detail: z.string(),
      status: z.enum([
        'blocked',
        'expired',
        'invalid',
        'concurrent',
        'no-credit',
        'not-allowed-here',
        'try-later',
      ]),
    })
    .exactOptional(),
  told: told.exactOptional(),
  /** The tariff that the station calculates with, and what it comes to: no bill is made from it. */
  tariffId: z.string().max(60).exactOptional(),
  stationCost: z
    .strictObject({ currency: z.string().max(3), totalMicros: microsCodec.exactOptional() })
    .exactOptional(),
});
export type TransactionBody = z.output<typeof transactionBody>;

/** A transaction of a station, as it is kept. */
export interface StationTransaction {
  readonly transactionId: string;
  readonly number: number;
  readonly stationId: string;
  readonly stationRef: string | null;
  readonly evseId: string | null;
  readonly state: 'waiting' | 'starting' | 'open' | 'closed';
  readonly tokenKey: string | null;
  readonly tokenCipher: string | null;
  readonly body: TransactionBody;
  readonly retryAtMs: number | null;
  readonly stopAtMs: number | null;
  readonly stopTries: number;
  readonly closeAtMs: number | null;
  /** Of the last message about it. */
  readonly toldAtMs: number;
}

/** It has not ended, and its station does not say that the outlet is free. */
export const isRunning = ({ body }: StationTransaction): boolean =>
  body.end === undefined && body.freeSinceMs === undefined;

/** Over, though nobody told its end; its begin is waited for until `closeAtMs`. */
export const endedWhereHeard = (transaction: StationTransaction, closeAtMs: number): StationTransaction => {
  const { body } = transaction;
  const end = body.end ?? { atMs: body.lastAtMs, isTold: false };
  return {
    ...transaction,
    closeAtMs: Math.min(transaction.closeAtMs ?? closeAtMs, closeAtMs),
    body: { ...body, end },
  };
};

/** By which the station knows it. */
export const refOf = ({ stationRef, number }: Pick<StationTransaction, 'stationRef' | 'number'>): string =>
  (stationRef ?? number.toString()).replace(/^\?/, '');

/** 1.6 has numbers of ours, or what it takes for them. */
export const isOf16 = ({ stationRef }: Pick<StationTransaction, 'stationRef'>): boolean =>
  stationRef === null || /^\?-?\d+$/.test(stationRef);
