import { err, ok, type Result } from '@roamgrid/domain';
import type { BookingRequest } from '@roamgrid/domain/power';
import {
  DOCUMENT_TYPE,
  keysAbout,
  openDatedDocument,
  reservationWish,
  signatoriesOf,
  statedWish,
  type AgreementRecord,
  type LoyaltyLevel,
  type ReservationWish,
  type StationRecord,
  type UtilityRecord,
} from '@roamgrid/wire';
import type { CalendarContext } from './calendar.ts';
import type { GrantGround } from './form.ts';

/** A wish whose signature is home's own, with what it is judged by. */
export interface OpenedWish {
  readonly wish: ReservationWish;
  readonly agreement: AgreementRecord;
  readonly hun: UtilityRecord;
  readonly station: StationRecord | undefined;
  readonly ground: GrantGround;
}

interface Refused {
  readonly code: 'BAD_SIGNATURE' | 'OUTSIDE_AGREEMENT';
  readonly message: string;
}

const refused = (code: Refused['code'], message: string) => err<Refused>({ code, message });

/** Opens a wish that is addressed to this utility. */
export const openWish = async (
  { registry, utilityId }: CalendarContext,
  signed: string,
): Promise<Result<OpenedWish, Refused>> => {
  const hun = registry.utility(statedWish(signed)?.iss ?? '');
  if (hun === undefined) return refused('BAD_SIGNATURE', 'no utility of the registry signed the wish');
  const opened = await openDatedDocument(
    reservationWish,
    DOCUMENT_TYPE.reservation,
    signed,
    hun.signingKeys,
    ({ issuedAtMs }) => issuedAtMs,
    keysAbout,
  );
  if (!opened.ok) return refused('BAD_SIGNATURE', `the wish: ${opened.error.message}`);
  const wish = opened.value;
  if (wish.iss !== hun.utilityId || wish.aud !== utilityId)
    return refused('BAD_SIGNATURE', 'the wish is for another pair of utilities');
  const agreement = registry.agreement(wish.agreementId);
  const terms = agreement && registry.terms(agreement.agreementId, agreement.version);
  const endorsers = agreement && signatoriesOf(agreement).map((id) => registry.utility(id)?.mspId);
  const booking = terms?.terms.booking;
  if (agreement === undefined || terms === undefined || booking === undefined)
    return refused('OUTSIDE_AGREEMENT', `nothing can be booked under ${wish.agreementId}`);
  return ok({
    wish,
    agreement,
    hun,
    station: registry.station(utilityId, wish.stationId),
    ground: {
      terms: terms.terms,
      booking,
      termsText: terms.text,
      endorsers: (endorsers ?? []).filter((id): id is string => id !== undefined),
    },
  });
};

/** 1 is heard first. */
const PRIORITY: Readonly<Record<LoyaltyLevel, number>> = { platinum: 1, diamond: 2, gold: 3, none: 4 };

/** What is decided on. */
export const requestOf = (wish: ReservationWish, askedMs: number): BookingRequest => ({
  requestId: wish.reservationId,
  stationId: wish.stationId,
  startMs: wish.fromMs,
  endMs: wish.untilMs,
  powerW: wish.powerW,
  leastW: wish.leastW,
  needWh: wish.needWh,
  patienceMs: wish.patienceMs,
  priority: PRIORITY[wish.loyalty],
  askedMs,
});
