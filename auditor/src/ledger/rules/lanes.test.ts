import assert from 'node:assert/strict';
import type { JsonObject } from '../../json.ts';
import { Book } from '../testing/book.ts';
import { Forms } from './forms.ts';
import { Lanes } from './lanes.ts';

const LANE = 'USDUK-USALP-g0';
/** Bits of numbers from 1 on. */
const bits = (...numbers: number[]): string => {
  const bytes = Buffer.alloc(Math.ceil(Math.max(0, ...numbers) / 8));
  for (const number of numbers)
    bytes[(number - 1) >> 3] = (bytes[(number - 1) >> 3] ?? 0) | (1 << ((number - 1) & 7));
  return bytes.toString('base64');
};

const opening = (slot: number, numbers: readonly number[], more: JsonObject = {}) => ({
  [`opening:${LANE}:${slot.toString().padStart(10, '0')}`]: {
    type: 'opening',
    laneId: LANE,
    slot,
    count: numbers.length,
    first: numbers[0] ?? 0,
    bits: shifted(numbers),
    atMs: 1_000,
    ...more,
  },
});
const shifted = (numbers: readonly number[]): string =>
  bits(...numbers.map((number) => number - (numbers[0] ?? 0) + 1));
const opens = (version: number, ...numbers: number[]) => ({
  [`opens:${LANE}:0000000`]: { version, laneId: LANE, range: 0, bits: bits(...numbers) },
});
const ends = (version: number, closed: readonly number[], gone: readonly number[] = []) => ({
  [`ends:${LANE}:0000000`]: {
    ...{ version, laneId: LANE, range: 0 },
    closed: bits(...closed),
    gone: bits(...gone),
  },
});
const batch = (id: string, fromSequence: number, toSequence: number, more: JsonObject = {}) => ({
  [`batch:${id}`]: {
    ...{ version: 1, batchId: id, laneId: LANE, vun: 'USDUK', hun: 'USALP', agreementId: 'a1' },
    ...{ fromSequence, toSequence, atMs: 1_000 },
    ...more,
  },
});

describe('numbers of a lane', () => {
  let book: Book;
  beforeEach(() => {
    book = new Book(new Forms(), new Lanes());
    book.write({ ...opening(1, [1, 2, 3]), ...opens(1, 1, 2, 3) });
  });

  it('hold when each was opened, ended once and has its record', () => {
    book.write({ ...ends(1, [1, 2]), ...batch('b1', 1, 2) });
    book.write(ends(2, [1, 2], [3]));
    book.end();
  });

  const cases: readonly [what: string, text: RegExp, act: (book: Book) => void][] = [
    [
      'an opening whose numbers are not marked',
      /marked as opened are not those/,
      (b) => {
        b.write(opening(2, [4]));
      },
    ],
    [
      'a number that is marked and was opened by nothing',
      /marked as opened are not those/,
      (b) => {
        b.write(opens(2, 1, 2, 3, 4));
      },
    ],
    [
      'a number that is opened no more',
      /number 2 was taken back/,
      (b) => {
        b.write(opens(2, 1, 3));
      },
    ],
    [
      'a count that is not that of the numbers',
      /has another count than numbers/,
      (b) => {
        b.write({ ...opening(2, [4], { count: 2 }), ...opens(2, 1, 2, 3, 4) });
      },
    ],
    [
      'an opening by another than the visited utility',
      /not made by the visited utility/,
      (b) => {
        b.write({ ...opening(2, [4]), ...opens(2, 1, 2, 3, 4) }, { maker: 'AlabamaMSP' });
      },
    ],
    [
      'an opening that says another time',
      /another time than its transaction/,
      (b) => {
        b.write({ ...opening(2, [4], { atMs: 999 }), ...opens(2, 1, 2, 3, 4) });
      },
    ],
    [
      'an opening that is written again',
      /written a second time/,
      (b) => {
        b.write(opening(1, [1, 2, 3]));
      },
    ],
    [
      'an end of what was never opened',
      /number 4 of .* was never opened/,
      (b) => {
        b.write({ ...ends(1, [4]), ...batch('b1', 1, 1) });
      },
    ],
    [
      'a second end',
      /number 1 of .* ended twice/,
      (b) => {
        b.write(ends(1, [], [1]));
        b.write({ ...ends(2, [1], [1]), ...batch('b1', 1, 1) });
      },
    ],
    [
      'an end that is taken back',
      /number 1 was taken back/,
      (b) => {
        b.write(ends(1, [], [1]));
        b.write(ends(2, [], []));
      },
    ],
    [
      'a batch with more records than were closed',
      /another number of sessions was closed/,
      (b) => {
        b.write({ ...ends(1, [1]), ...batch('b1', 1, 2) });
      },
    ],
    [
      'sessions that are closed without a batch',
      /another number of sessions was closed/,
      (b) => {
        b.write(ends(1, [1]));
      },
    ],
    [
      'a batch that home did not endorse',
      /not endorsed by AlabamaMSP/,
      (b) => {
        b.write({ ...ends(1, [1]), ...batch('b1', 1, 1) }, { endorsers: new Set(['DukeMSP']) });
      },
    ],
    [
      'a batch that is invoiced at birth',
      /invoiced before it was settled/,
      (b) => {
        b.write({ ...ends(1, [1]), ...batch('b1', 1, 1, { invoiceId: 'i1' }) });
      },
    ],
    [
      'a batch under another pair’s agreement',
      /that a1 does not bind/,
      (b) => {
        b.write({ 'agreement:a1': { parties: ['USGPC', 'USALP'] } });
        b.write({ ...ends(1, [1]), ...batch('b1', 1, 1) });
      },
    ],
    [
      'a version that is left out',
      /is not the version after 0/,
      (b) => {
        b.write({ ...ends(2, [1]), ...batch('b1', 1, 1) });
      },
    ],
    [
      'claims that nothing claims',
      /marked as claimed are not those/,
      (b) => {
        b.write({ [`claims:${LANE}:0000000`]: { version: 1, laneId: LANE, range: 0, bits: bits(1) } });
      },
    ],
  ];
  for (const [what, text, act] of cases)
    it(`do not hold with ${what}`, () => {
      assert.throws(
        () => {
          act(book);
        },
        { name: 'Failed', message: text },
      );
    });
});
