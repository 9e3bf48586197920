import assert from 'node:assert/strict';
import type { JsonObject } from '../../json.ts';
import { Book } from '../testing/book.ts';
import { Bookings } from './bookings.ts';
import { Forms } from './forms.ts';
import { Nettings } from './nettings.ts';

type Records = Readonly<Record<string, JsonObject>>;

const PAIR = { vun: 'USDUK', hun: 'USALP', agreementId: 'a1' };
const NOW_MS = 1_000;

const reservation = (state: string, version: number, more: JsonObject = {}, id = 'r1'): Records => ({
  [`reservation:${id}`]: {
    ...PAIR,
    ...{ reservationId: id, evseId: 'E1', fromMs: 900_001, untilMs: 1_800_001, bodyHash: 'b' },
    ...{ state, version, grantedAtMs: NOW_MS, changedAtMs: NOW_MS, ...more },
  },
});
const slot = (slotMs: number, version: number, reservationId?: string, evseId = 'E1'): Records => ({
  [`slot:${evseId}:${slotMs.toString().padStart(14, '0')}`]: {
    ...{ evseId, slotMs, version },
    ...(reservationId !== undefined && { reservationId }),
  },
});
const taken = { ...slot(900_000, 1, 'r1'), ...slot(1_800_000, 1, 'r1') };
const freed = { ...slot(900_000, 2), ...slot(1_800_000, 2) };
const granted: Records = { ...reservation('granted', 1), ...taken };
const note = (state: string, version: number, more: JsonObject = {}, id = 'c1'): Records => ({
  [`charge:${id}`]: {
    ...PAIR,
    ...{ chargeId: id, periodId: '2026-05', bodyHash: 'b', payableHash: 'p', issuedAtMs: NOW_MS },
    ...{ state, version, ...more },
  },
});
/** What cars gave is owed the other way. */
const GIVEN_BY = { vun: 'USALP', hun: 'USDUK' };
const late = reservation('cancelled-late', 2);
const charged: Records = { ...reservation('cancelled-late', 3, { chargeId: 'c1' }), ...note('accepted', 1) };
const batch = (id: string, fromMs: number, version = 1, more: JsonObject = {}): Records => ({
  [`allocation:${id}`]: {
    ...PAIR,
    ...{ batchId: id, siteId: 's1', fromMs, untilMs: fromMs + 10, merkleRoot: 'm', recordedAtMs: NOW_MS },
    ...{ version, ...more },
  },
});
const until = (untilMs: number, version: number, hun?: string): Records => ({
  [`allocatedUntil:USDUK:s1${hun === undefined ? '' : `:${hun}`}`]: {
    ...{ utilityId: 'USDUK', siteId: 's1', untilMs, version },
    ...(hun !== undefined && { hun }),
  },
});
const recorded: Records = { ...batch('b1', 10), ...until(20, 1), ...until(20, 1, 'USALP') };

describe('what is booked and what sites recorded, on the ledger', () => {
  let book: Book;
  let bookings: Bookings;
  beforeEach(() => {
    bookings = new Bookings();
    book = new Book(new Forms(), new Nettings(), bookings);
  });

  it('holds when each quarter-hour and slot is taken once, and charged once, by its own pair', () => {
    book.write(granted);
    book.write({ ...late, ...freed });
    book.write({
      ...reservation('granted', 1, {}, 'r2'),
      ...slot(900_000, 3, 'r2'),
      ...slot(1_800_000, 3, 'r2'),
    });
    book.write(reservation('no-show', 2, {}, 'r2'));
    book.write(reservation('used', 3, { useHash: 'u' }, 'r2'));
    book.write(charged);
    book.write(recorded);
    book.write({ ...batch('b1', 10, 2, { chargeId: 'c2' }), ...note('accepted', 1, {}, 'c2') });
    book.write({
      ...batch('b1', 10, 3, { chargeId: 'c2', givenChargeId: 'g1' }),
      ...note('accepted', 1, GIVEN_BY, 'g1'),
    });
    book.write({ ...batch('b2', 20), ...until(30, 2), ...until(30, 2, 'USALP') });
    const balances = [{ currency: 'USD', documents: ['charge:c1'] }];
    book.write({
      ...note('netted', 2, { nettingId: 'n1' }),
      'pairPeriod:2026-05:USALP:USDUK': { version: 1, statements: [{ round: 1, balances }] },
    });
    book.end();
    const some = (states: ReadonlyMap<string, number>) => [...states].filter(([, count]) => count > 0);
    assert.deepEqual(some(bookings.reservations), [
      ['cancelled-late', 1],
      ['used', 1],
    ]);
    assert.deepEqual(some(bookings.notes), [
      ['accepted', 2],
      ['netted', 1],
    ]);
    assert.equal(bookings.allocations, 2);
  });

  const byOne = { endorsers: new Set(['DukeMSP']) };
  const cases: readonly (readonly [what: string, text: RegExp, ...steps: readonly Records[]])[] = [
    [
      'what cars gave, charged by the site’s utility',
      /charged by a note of another pair/,
      recorded,
      { ...batch('b1', 10, 2, { givenChargeId: 'g1' }), ...note('accepted', 1, {}, 'g1') },
    ],
    [
      'what cars gave, charged a second time',
      /went from one note to another/,
      recorded,
      { ...batch('b1', 10, 2, { givenChargeId: 'g1' }), ...note('accepted', 1, GIVEN_BY, 'g1') },
      { ...batch('b1', 10, 3, { givenChargeId: 'g2' }), ...note('accepted', 1, GIVEN_BY, 'g2') },
    ],
    [
      'a quarter-hour that is not taken',
      /does not take the quarter-hour at 1800000/,
      { ...reservation('granted', 1), ...slot(900_000, 1, 'r1') },
    ],
    ['one that begins as used', /did not begin as granted/, { ...reservation('used', 1), ...taken }],
    [
      'one that was granted at another time',
      /another time than its transaction/,
      { ...reservation('granted', 1, { grantedAtMs: 1 }), ...taken },
    ],
    [
      'an outlet that was another’s',
      /went from one reservation to another/,
      granted,
      { ...reservation('granted', 1, {}, 'r2'), ...slot(900_000, 2, 'r2'), ...slot(1_800_000, 2, 'r2') },
    ],
    ['an outlet that is given back by nobody', /changed by no reservation/, granted, freed],
    [
      'an outlet that is given back by who uses it',
      /given back by a reservation that is used/,
      granted,
      { ...reservation('used', 2, { useHash: 'u' }), ...freed },
    ],
    [
      'another outlet that is given back',
      /another outlet than/,
      granted,
      { ...late, ...slot(900_000, 1, 'r1', 'E2') },
    ],
    [
      'a step that there is not',
      /went from cancelled-late to used/,
      granted,
      late,
      reservation('used', 3, { useHash: 'u' }),
    ],
    ['a use by no session', /is used by a session, or it is not used/, granted, reservation('used', 2)],
    ['another body', /changed where it may not be/, granted, reservation('no-show', 2, { bodyHash: 'c' })],
    [
      'a charge for what is not over',
      /charged though it is granted/,
      granted,
      { ...reservation('granted', 2, { chargeId: 'c1' }), ...note('accepted', 1) },
    ],
    [
      'a charge by no note',
      /charged by no note/,
      granted,
      late,
      reservation('cancelled-late', 3, { chargeId: 'c1' }),
    ],
    [
      'a charge by another pair’s note',
      /note of another pair/,
      granted,
      late,
      { ...charged, ...note('accepted', 1, { vun: 'USALP', hun: 'USDUK' }) },
    ],
    [
      'a second note',
      /from one note to another/,
      granted,
      late,
      charged,
      { ...reservation('cancelled-late', 4, { chargeId: 'c2' }), ...note('accepted', 1, {}, 'c2') },
    ],
    [
      'a use after the charge',
      /after it was charged/,
      granted,
      reservation('no-show', 2),
      { ...reservation('no-show', 3, { chargeId: 'c1' }), ...note('accepted', 1) },
      reservation('used', 4, { chargeId: 'c1', useHash: 'u' }),
    ],
    ['a note for nothing', /charges for nothing/, note('accepted', 1)],
    ['a note to oneself', /owes himself/, note('accepted', 1, { hun: 'USDUK' })],
    [
      'a note that goes back',
      /went from netted to accepted/,
      { ...granted },
      late,
      charged,
      {
        ...note('netted', 2),
        'pairPeriod:p': { version: 1, statements: [{ balances: [{ documents: ['charge:c1'] }] }] },
      },
      note('accepted', 3),
    ],
    [
      'a note that no pair netted',
      /netted and no pair’s closing has it/,
      granted,
      late,
      charged,
      note('netted', 2),
    ],
    ['a slot twice', /slots that were recorded before/, recorded, { ...batch('b2', 19), ...until(29, 2) }],
    ['a batch that its site does not count', /not recorded until its end/, batch('b1', 10)],
    ['a site that is set back', /changed by no batch/, recorded, until(10, 2)],
    ['a site that is set back for a pair', /changed by no batch/, recorded, until(10, 2, 'USALP')],
    ['a batch that is changed', /changed by no note/, recorded, batch('b1', 10, 2, { merkleRoot: 'n' })],
    [
      'a batch on two notes',
      /from one note to another/,
      recorded,
      { ...batch('b1', 10, 2, { chargeId: 'c1' }), ...note('accepted', 1) },
      { ...batch('b1', 10, 3, { chargeId: 'c2' }), ...note('accepted', 1, {}, 'c2') },
    ],
  ];
  for (const [what, text, ...steps] of cases)
    it(`does not hold with ${what}`, () => {
      const last = steps.at(-1) ?? {};
      for (const step of steps.slice(0, -1)) book.write(step);
      assert.throws(
        () => {
          book.write(last);
        },
        { name: 'Failed', message: text },
      );
    });

  for (const [what, before, last] of [
    ['a reservation', {}, granted],
    ['its end', granted, { ...late, ...freed }],
    ['a note', {}, note('accepted', 1)],
    ['a batch', {}, recorded],
  ] as const)
    it(`does not hold with ${what} that one party alone endorsed`, () => {
      book.write(before);
      assert.throws(() => {
        book.write(last, byOne);
      }, /not endorsed by AlabamaMSP/);
    });
});
