import { z } from 'zod';
import { isOfItsCurve, meterJwkFields, NOT_OF_ITS_CURVE } from '../codec/meter-jwk.ts';
import { instantMs, publicJwk, recordId } from '../codec/scalars.ts';
import { LEDGER_LIMITS } from './envelope.ts';

/**
 * Keys of the registry with the time in which each counts. A signature is judged by the keys that its signer had when it
 * signed, so changing a key neither undoes what was signed before nor lets a new key speak for the past.
 */
export const datedKey = publicJwk.extend({
  /** From the registration that stated it first; that instant is within. */
  fromMs: instantMs,
  /** Until the registration that left it out, without that instant; absent while the key is in use. */
  untilMs: instantMs.exactOptional(),
});
export type DatedKey = z.infer<typeof datedKey>;

/** Who vouches for what was measured: the outlet's meter itself, or its utility for the values of a meter that signs nothing. */
export const meteredBy = z.enum(['meter', 'operator']);
export type MeteredBy = z.infer<typeof meteredBy>;

/**
 * A key that signs readings, with the meter whose registers it states: what was signed at an outlet is found after its
 * meter was changed, too. The operator's own register is a meter of its own, by another id.
 */
export const datedMeterKey = z
  .strictObject({
    ...meterJwkFields,
    fromMs: datedKey.shape.fromMs,
    untilMs: datedKey.shape.untilMs,
    meterId: recordId,
    signedBy: meteredBy,
  })
  .refine(isOfItsCurve, NOT_OF_ITS_CURVE);
export type DatedMeterKey = z.infer<typeof datedMeterKey>;

/**
 * How much of its keys' history a record keeps. Ended keys are kept longer than any CDR may come late (a year, after 31
 * days of charging), so that nothing is told that their record cannot judge.
 */
export const KEY_HISTORY = {
  /** Keys of one list, ended ones among them. */
  keys: 32,
  /** Outlets of one station, removed ones among them. */
  outlets: 128,
  /** How long an ended key, or an outlet that was removed, is kept at least, ms. */
  endedForMs: 400 * 86_400_000,
} as const;

/** How far the clocks of two parties may differ, ms. */
const SKEW_MS = LEDGER_LIMITS.clockSkewMs;

/** The time in which something counts: from `fromMs` on, before `untilMs`. */
export interface Dated {
  readonly fromMs: number;
  readonly untilMs?: number;
}

/** Keys that counted at an instant: in use by then and not yet ended. */
export const keysAt = <K extends Dated>(keys: readonly K[], atMs: number): readonly K[] =>
  keys.filter(({ fromMs, untilMs = Infinity }) => fromMs <= atMs && atMs < untilMs);

/**
 * Keys that may have counted at an instant that their owner states by a clock of its own, which may differ from the one
 * that dated them: in favour of who relied on the signature.
 */
export const keysAbout = <K extends Dated>(keys: readonly K[], saidAtMs: number): readonly K[] =>
  keys.filter(
    ({ fromMs, untilMs = Infinity }) => fromMs - SKEW_MS <= saidAtMs && saidAtMs < untilMs + SKEW_MS,
  );

/** Keys that nobody has ended: what their owner signs with now. */
export const presentKeys = <K extends Dated>(keys: readonly K[]): readonly K[] =>
  keys.filter(({ untilMs }) => untilMs === undefined);
