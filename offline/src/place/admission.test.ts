import assert from 'node:assert/strict';
import fc from 'fast-check';
import { second, TOKEN } from '../testing/consortium.ts';
import { admit, localDay } from './admission.ts';
import { rulesBeforeAny, type OpenHours, type PlaceRules } from './rules.ts';

const ZONES = ['America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** What a clock on the wall there shows, as the platform's own calendar has it. */
const onTheWall = (timeZone: string, atS: number) => {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', weekday: 'short', hour: '2-digit', minute: '2-digit' },
  });
  const parts = new Map(format.formatToParts(atS * 1_000).map(({ type, value }) => [type, value]));
  const minute = Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
  return { weekday: WEEKDAYS.indexOf(parts.get('weekday') ?? ''), minute };
};

const isAdmitted = (changes: Partial<PlaceRules>, nowS: number): boolean => {
  const rules = { ...rulesBeforeAny('E', []), ...changes };
  const admitted = admit(rules, [], { token: TOKEN, driver: new Uint8Array(8), nowS, sessionsToday: 0 });
  if (!admitted.ok) assert.equal(admitted.error.code, 'OUTSIDE_HOURS');
  return admitted.ok;
};

describe('the hours of a place', () => {
  const hours = fc.record<OpenHours>({
    days: fc.integer({ min: 1, max: 127 }),
    fromMinute: fc.integer({ min: 0, max: 1_439 }),
    untilMinute: fc.integer({ min: 0, max: 1_440 }),
  });
  // Two years of minutes, with all their changes of clocks.
  const instant = fc
    .integer({ min: 0, max: 2 * 365 * 1_440 })
    .map((at) => second('2026-01-01T00:00:00Z') + at * 60);

  it('are those of the clock on its wall, over midnight and through every change of clocks', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), hours, instant, (zone, row, nowS) => {
        const { weekday, minute } = onTheWall(zone, nowS);
        const opens = (day: number) => (row.days >> ((day + 7) % 7)) % 2 === 1;
        const { fromMinute: from, untilMinute: until } = row;
        const isOpen =
          from < until
            ? opens(weekday) && from <= minute && minute < until
            : (opens(weekday) && minute >= from) || (opens(weekday - 1) && minute < until);
        assert.equal(isAdmitted({ zone, hours: [row] }, nowS), isOpen);
      }),
      { numRuns: 300 },
    );
  });

  it('begin an hour later in UTC once clocks were set back, to the second', () => {
    const eight = { zone: 'America/New_York', hours: [{ days: 127, fromMinute: 480, untilMinute: 1_320 }] };
    const opens = (text: string) => [isAdmitted(eight, second(text) - 1), isAdmitted(eight, second(text))];
    assert.deepEqual(opens('2026-10-31T12:00:00Z'), [false, true]);
    assert.deepEqual(opens('2026-11-01T13:00:00Z'), [false, true]);
    assert.deepEqual(opens('2027-03-13T13:00:00Z'), [false, true]);
    assert.deepEqual(opens('2027-03-14T12:00:00Z'), [false, true]);
  });

  it('make a day that ends at its own midnight', () => {
    const zone = 'America/New_York';
    const midnight = second('2026-11-02T05:00:00Z');
    assert.equal(localDay(zone, midnight), localDay(zone, midnight - 1) + 1);
    // That Sunday had 25 hours.
    assert.equal(localDay(zone, midnight - 25 * 3_600), localDay(zone, midnight - 1));
  });
});
