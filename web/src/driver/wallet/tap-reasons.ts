import type { PlaceRefusalCode, StartObstacle, StartRefusalCode } from '@roamgrid/offline';
import type { Tapped } from './tap.ts';

/** Why a contact with a charger did not come to what was wished; for each the page says what to do. */
export type TapReason =
  | StartObstacle
  | PlaceRefusalCode
  | StartRefusalCode
  // This phone's own.
  | 'GO_ONLINE'
  | 'CREDIT_TOO_LITTLE'
  | 'CREDIT_CLOSED'
  | 'NOT_YOURS'
  | 'NOTHING_RUNS'
  | 'OUTSIDE_SLOT'
  // The phone does not believe the charger.
  | 'OTHER_CHARGER'
  | 'CHALLENGE_FORGED'
  | 'CHARGER_OPERATOR_UNKNOWN'
  | 'CHARGER_CERTIFICATE_FORGED'
  | 'CHARGER_CERTIFICATE_OUT_OF_DATE'
  // What neither side ever says unless one of them is broken.
  | 'OTHER';

/** The reason as the page has words for it. */
export const reasonOf = (
  { why }: Extract<Tapped, { readonly said: 'no' }>,
  known: Readonly<Record<TapReason, string>>,
): TapReason => (Object.hasOwn(known, why.code) ? (why.code as TapReason) : 'OTHER');
