import assert from 'node:assert/strict';
import type { JsonObject } from '../../json.ts';
import { Book } from '../testing/book.ts';
import { Bookings } from './bookings.ts';
import { Flexibility } from './flexibility.ts';
import { Forms } from './forms.ts';

type Records = Readonly<Record<string, JsonObject>>;

const PAIR = { agreementId: 'a1', vun: 'USDUK', hun: 'USALP' };
const DAY_MS = 86_400_000;
const dayMs = (at: number): number => at * DAY_MS;

const day = (at: number, over: JsonObject = {}): Records => ({
  [`flexDay:h1:${at}`]: {
    ...{ ...PAIR, version: 1, houseId: 'h1', dayMs: dayMs(at), recordedAtMs: 1_000 },
    ...over,
  },
});
const until = (version: number, at: number): Records => ({
  'flexUntil:h1': { version, houseId: 'h1', untilMs: dayMs(at) },
});
const event = (fromMs: number, untilMs: number, over: JsonObject = {}): Records => ({
  [`flexEvent:a1:USDUK:USALP:${fromMs}`]: {
    ...{ ...PAIR, version: 1, eventId: `e${fromMs}`, fromMs, untilMs, calledAtMs: 1_000 },
    ...over,
  },
});
const called = (version: number, untilMs: number): Records => ({
  'flexCalled:a1:USDUK:USALP': { ...PAIR, version, untilMs },
});
const settled = (version: number, over: JsonObject = {}): Records => ({
  'flexSettlement:h1:0': {
    ...{ ...PAIR, version, houseId: 'h1', dayMs: 0, settledAtMs: 1_000 },
    ...over,
  },
});
const note = (over: JsonObject = {}): Records => ({
  'charge:c1': {
    ...{ chargeId: 'c1', agreementId: 'a1', version: 1, vun: 'USALP', hun: 'USDUK' },
    ...{ state: 'accepted', issuedAtMs: 1_000 },
    ...over,
  },
});
const FIRST = { ...day(0), ...until(1, 1) };

describe('houses that are flexible', () => {
  let book: Book;
  beforeEach(() => {
    book = new Book(new Forms(), new Bookings(), new Flexibility());
  });

  it('hold when days and events follow one another and a day is settled and charged once', () => {
    book.write(FIRST);
    book.write({ ...event(2_000, 3_000), ...called(1, 3_000) });
    book.write({ ...event(3_000, 4_000), ...called(2, 4_000) });
    book.write(settled(1));
    book.write({ ...settled(2, { givenChargeId: 'c1' }), ...note() });
  });

  const cases: readonly (readonly [string, RegExp, ...Records[]])[] = [
    ['a day that is not over', /before it is over/, { ...day(0), ...day(1), ...day(2), ...until(1, 3) }],
    ['a day left out', /left out/, FIRST, { ...day(2), ...until(2, 3) }],
    ['a day twice', /second time/, FIRST, { ...day(0), ...until(2, 1) }],
    ['a day that nothing counts', /would not know/, day(0)],
    ['an end without a day', /changed by no day/, until(1, 4)],
    ['another time of a day', /another time/, { ...day(0, { recordedAtMs: 9 }), ...until(1, 1) }],
    ['an event that had begun', /had begun/, { ...event(999, 3_000), ...called(1, 3_000) }],
    [
      'events that overlap',
      /before the end/,
      { ...event(2_000, 4_000), ...called(1, 4_000) },
      { ...event(3_000, 5_000), ...called(2, 5_000) },
    ],
    ['an event that nothing counts', /would not know/, event(2_000, 3_000)],
    ['a settlement without its day', /not on the ledger/, settled(1)],
    ['a settlement of another pair', /is another one/, FIRST, settled(1, { hun: 'USDUK', vun: 'USALP' })],
    [
      'a day that was settled anew',
      /by no note/,
      { ...FIRST, ...settled(1) },
      settled(2, { settledAtMs: 5 }),
    ],
    [
      'a note of the one who owes',
      /another pair/,
      { ...FIRST, ...settled(1) },
      { ...settled(2, { givenChargeId: 'c1' }), ...note({ vun: 'USDUK', hun: 'USALP' }) },
    ],
  ];
  for (const [what, message, ...steps] of cases)
    it(`do not hold with ${what}`, () => {
      for (const step of steps.slice(0, -1)) book.write(step);
      assert.throws(
        () => {
          book.write(steps.at(-1) ?? {});
        },
        { name: 'Failed', message },
      );
    });

  it('do not hold with one endorser alone', () => {
    assert.throws(
      () => {
        book.write(FIRST, { endorsers: new Set(['DukeMSP']) });
      },
      { name: 'Failed', message: /not endorsed by AlabamaMSP/ },
    );
  });
});
