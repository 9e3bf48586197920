import type { Removal } from './removal.ts';

const BOOKING = 'chaincode/src/booking';
const JUDGE = 'wire/src/energy/judge-reservation.ts';
const CHARGE = 'chaincode/src/clearing/transactions/charge.ts';

/** What a party of a reservation could take from the other. */
export const bookingRemovals: readonly Removal[] = [
  {
    guard: 'booking-unsigned',
    file: JUDGE,
    find: 'if (!opened.ok) return err(',
    replace: `if (!opened.ok) return ok(JSON.parse(Buffer.from(body.wish.split('.')[1] ?? '', 'base64url').toString()));
  if (!opened.ok) return err(`,
  },
  {
    guard: 'booking-other-wish',
    file: JUDGE,
    find: `wish.agreementId !== claim.agreementId ||
    wish.reservationId !== claim.reservationId`,
    replace: 'wish.agreementId !== claim.agreementId',
  },
  {
    guard: 'booking-old-wish',
    file: JUDGE,
    find: 'Math.min(wish.validUntilMs, wish.issuedAtMs + MAX_WISH_MS)',
    replace: 'wish.validUntilMs',
  },
  {
    guard: 'booking-time',
    file: JUDGE,
    find: 'fromMs < wish.fromMs)',
    replace: 'false)',
  },
  {
    guard: 'booking-time',
    file: JUDGE,
    find: 'untilMs > wish.untilMs + wish.patienceMs',
    replace: 'false',
  },
  {
    guard: 'booking-time',
    file: JUDGE,
    find: 'untilMs - fromMs < wish.untilMs - wish.fromMs',
    replace: 'false',
  },
  {
    guard: 'booking-amount',
    file: JUDGE,
    find: 'body.feeMicros !== feeMicros ||',
    replace: '',
  },
  {
    guard: 'booking-amount',
    file: JUDGE,
    find: ' || body.noShowMicros !== noShowMicros',
    replace: '',
  },
  {
    guard: 'booking-horizon',
    file: JUDGE,
    find: 'fromMs - nowMs > horizonMs',
    replace: 'false',
  },
  {
    guard: 'booking-double',
    file: `${BOOKING}/slots.ts`,
    find: 'before?.reservationId === undefined,',
    replace: 'true,',
  },
  {
    guard: 'booking-foreign',
    file: `${BOOKING}/transactions/cancel.ts`,
    find: `requireMember(tx.caller, isHome ? hun : vun, isHome ? ['aaa'] : ['aaa', 'station']);`,
    replace: '',
  },
  {
    guard: 'booking-late-cancel',
    file: `${BOOKING}/transactions/cancel.ts`,
    find: 'isHome && tx.nowMs > freeUntilMs',
    replace: 'false',
  },
  {
    guard: 'no-show-early',
    file: `${BOOKING}/transactions/no-show.ts`,
    find: 'tx.nowMs >= untilMs,',
    replace: 'true,',
  },
  {
    guard: 'no-show-early',
    file: 'wire/src/energy/reservation.ts',
    find: 'Math.min(untilMs, grantedAtMs + holdUntilMs - fromMs)',
    replace: '0',
  },
  {
    guard: 'no-show-contest',
    file: CHARGE,
    find: `record.state !== 'no-show' || tx.nowMs > record.changedAtMs + contestMs,`,
    replace: 'true,',
  },
  {
    guard: 'charge-amount',
    file: CHARGE,
    find: 'amountMicros === owed,',
    replace: 'true,',
  },
  {
    guard: 'charge-once',
    file: CHARGE,
    find: 'ensure(record.chargeId === undefined,',
    replace: 'ensure(true,',
  },
  {
    guard: 'use-other',
    file: `${BOOKING}/transactions/use.ts`,
    find: `ensure(cinRef === booker, 'INVALID_ARGUMENT', 'the session is of another customer');`,
    replace: '',
  },
  {
    guard: 'use-other',
    file: `${BOOKING}/transactions/use.ts`,
    find: 'quote.evseId === record.evseId',
    replace: 'true',
  },
  {
    guard: 'use-other',
    file: `${BOOKING}/transactions/use.ts`,
    find: 'isInTime(record, openedAtMs),',
    replace: 'true,',
  },
];
