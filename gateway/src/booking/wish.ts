import { err, ok, type Result } from '@roamgrid/domain';
import {
  DOCUMENT_TYPE,
  keysAbout,
  openDatedDocument,
  reservationWish,
  signatoriesOf,
  type AgreementRecord,
  type ReservationWish,
  type StationRecord,
  type UtilityRecord,
} from '@roamgrid/wire';
import { z } from 'zod';
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

const stated = z.object({ iss: z.string(), aud: z.string() });

const refused = (code: Refused['code'], message: string) => err<Refused>({ code, message });

/** Who the wish says that it is from and for; unverified, to find the key or the way. */
export const partiesOfWish = (jws: string): { readonly iss: string; readonly aud: string } | undefined => {
  try {
    const payload: unknown = JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const read = stated.safeParse(payload);
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
};

/** Opens a wish that is addressed to this utility. */
export const openWish = async (
  { registry, utilityId }: CalendarContext,
  signed: string,
): Promise<Result<OpenedWish, Refused>> => {
  const hun = registry.utility(partiesOfWish(signed)?.iss ?? '');
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
