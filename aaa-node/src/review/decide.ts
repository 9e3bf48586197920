import { canonicalJson, type AnswerRequest, type DisputeReason } from '@roamgrid/wire';
import { agreement } from './checks/agreement.ts';
import { cap } from './checks/cap.ts';
import { energy } from './checks/energy.ts';
import { meterSignature } from './checks/meter-signature.ts';
import { rating } from './checks/rating.ts';
import { time } from './checks/time.ts';
import type { Check, RecordGround, ReviewedRecord } from './record.ts';
import { evidenceOf } from './review-records.ts';

/** Reasons that the figures of the record itself decide: both sides compute the same from the same texts. */
const BY_FIGURES: Readonly<Partial<Record<DisputeReason, Check>>> = {
  RATING: rating,
  CAP: cap,
  AGREEMENT: agreement,
  METER_SIGNATURE: meterSignature,
  ENERGY: energy,
  TIME: time,
};

/** Home could have said no to a second car, or to anything else of a session that it authorised, and both peers verified that it said yes. */
const BY_HOMES_YES: ReadonlySet<DisputeReason> = new Set(['OVERLAP_CIN', 'AUTHORISATION']);

/** What it takes to answer for a reason; undefined where that is for a person to say, whatever the record is. */
export const neededFor = (reason: DisputeReason): 'ground' | 'record' | undefined => {
  if (BY_FIGURES[reason] !== undefined) return 'ground';
  return BY_HOMES_YES.has(reason) ? 'record' : undefined;
};

const said = (sessionId: string, reason: DisputeReason, statement: string): string =>
  canonicalJson({ sessionId, reason, statement, figures: {} });

/**
 * What a visited utility answers by itself. Where home is right the record is credited: another close would need the meter's
 * signature, which only a person can see to. Where home is wrong it is upheld, with what was compared.
 */
export const decideByFigures = (
  reason: DisputeReason,
  record: ReviewedRecord,
  ground: RecordGround,
): AnswerRequest | undefined => {
  const { sessionId } = record.cdr;
  const check = BY_FIGURES[reason];
  if (check === undefined) return undefined;
  const found = check(record, ground);
  return found === undefined
    ? { outcome: 'upheld', evidence: said(sessionId, reason, 'computed again, the record holds') }
    : { outcome: 'credited', evidence: evidenceOf(sessionId, found) };
};

/** The same where home's own yes decides. */
export const decideByHomesYes = (
  reason: DisputeReason,
  { cdr: { sessionId }, settled }: ReviewedRecord,
): AnswerRequest | undefined =>
  BY_HOMES_YES.has(reason) && settled.open.authorisedBy === 'home'
    ? { outcome: 'upheld', evidence: said(sessionId, reason, 'home authorised this session itself') }
    : undefined;
