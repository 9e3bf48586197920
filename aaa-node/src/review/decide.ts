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
const DECIDABLE: Readonly<Partial<Record<DisputeReason, Check>>> = {
  RATING: rating,
  CAP: cap,
  AGREEMENT: agreement,
  METER_SIGNATURE: meterSignature,
  ENERGY: energy,
  TIME: time,
};

/**
 * What a visited utility answers by itself. Where home is right the record is credited: another close would need the meter's
 * signature, which only a person can see to. Where home is wrong it is upheld, with what was compared.
 */
export const decide = (
  reason: DisputeReason,
  record: ReviewedRecord,
  ground: RecordGround,
): AnswerRequest | undefined => {
  const { sessionId } = record.cdr;
  const check = DECIDABLE[reason];
  if (check !== undefined) {
    const found = check(record, ground);
    return found === undefined
      ? { outcome: 'upheld', evidence: said(sessionId, reason, 'computed again, the record holds') }
      : { outcome: 'credited', evidence: evidenceOf(sessionId, found) };
  }
  const { authorisedBy } = record.settled.open;
  // Home could have said no to a second car, or to anything else of this session, and both peers verified that it said yes.
  if ((reason === 'OVERLAP_CIN' || reason === 'AUTHORISATION') && authorisedBy === 'home')
    return { outcome: 'upheld', evidence: said(sessionId, reason, 'home authorised this session itself') };
  return undefined;
};

const said = (sessionId: string, reason: DisputeReason, statement: string): string =>
  canonicalJson({ sessionId, reason, statement, figures: {} });
