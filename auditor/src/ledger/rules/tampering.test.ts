import assert from 'node:assert/strict';
import type { JsonObject } from '../../json.ts';
import { Book } from '../testing/book.ts';
import { Forms } from './forms.ts';
import { Tampering } from './tampering.ts';

type Records = Readonly<Record<string, JsonObject>>;

const event = (eventId: string, number: number, over: JsonObject = {}): Records => ({
  [`tamper:USDUK:s1:${eventId}`]: {
    ...{ version: 1, utilityId: 'USDUK', siteId: 's1', eventId, number, recordedAtMs: 1_000 },
    ...over,
  },
});
const count = (version: number, of: number): Records => ({
  'tamperCount:USDUK:s1': { version, utilityId: 'USDUK', siteId: 's1', count: of },
});

describe('tampering with devices of sites', () => {
  let book: Book;
  let rule: Tampering;
  beforeEach(() => {
    rule = new Tampering();
    book = new Book(new Forms(), rule);
  });

  it('holds when each site’s events are numbered on by its own utility', () => {
    book.write({ ...event('a', 1), ...event('b', 2), ...count(1, 2) });
    book.write({ ...event('c', 3), ...count(2, 3) });
    assert.equal(rule.events, 3);
  });

  const cases: readonly (readonly [string, RegExp, ...Records[]])[] = [
    ['a number left out', /not numbered on from 0/, { ...event('a', 2), ...count(1, 1) }],
    ['a number twice', /not numbered on from 0/, { ...event('a', 1), ...event('b', 1), ...count(1, 2) }],
    ['an event that is not counted', /is not counted/, event('a', 1)],
    ['a count without an event', /not numbered on from 0/, count(1, 1)],
    ['a count of others', /counts other events/, { ...event('a', 1), ...count(1, 2) }],
    ['another time', /another time/, { ...event('a', 1, { recordedAtMs: 999 }), ...count(1, 1) }],
    ['another event', /another site or event/, { ...event('a', 1, { eventId: 'b' }), ...count(1, 1) }],
    [
      'an event told otherwise',
      /written a second time/,
      { ...event('a', 1), ...count(1, 1) },
      { ...event('a', 2), ...count(2, 2) },
    ],
  ];
  for (const [what, message, ...steps] of cases)
    it(`does not hold with ${what}`, () => {
      for (const step of steps.slice(0, -1)) book.write(step);
      assert.throws(
        () => {
          book.write(steps.at(-1) ?? {});
        },
        { name: 'Failed', message },
      );
    });

  it('does not hold when another member tells of it', () => {
    assert.throws(
      () => {
        book.write({ ...event('a', 1), ...count(1, 1) }, { maker: 'AlabamaMSP' });
      },
      { name: 'Failed', message: /whose site it is not/ },
    );
  });
});
