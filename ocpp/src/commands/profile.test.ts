import assert from 'node:assert/strict';
import { chargingProfile, profileFaults } from './profile.ts';

/** Stepped as a fleet’s plan would be: 22, 15 and 8 kW from 0, 180 and 1,080 s. */
const STEPPED = chargingProfile.parse({
  profileId: 1,
  stackLevel: 0,
  purpose: 'transaction-default',
  kind: 'absolute',
  unit: 'W',
  startMs: 1_800_000_000_000,
  durationS: 1_980,
  periods: [
    { startS: 0, limitTenths: 220_000 },
    { startS: 180, limitTenths: 150_000 },
    { startS: 1_080, limitTenths: 80_000 },
  ],
});

const faults = (changes: object, evse = 1): string =>
  profileFaults({ evse, profile: chargingProfile.parse({ ...STEPPED, ...changes }) }).join('; ');
const without = (...names: string[]): object => Object.fromEntries(names.map((name) => [name, undefined]));

describe('a charging profile', () => {
  it('of steps that ascend is taken', () => {
    assert.equal(faults({}), '');
    assert.equal(faults({ purpose: 'station-max' }, 0), '');
    assert.equal(faults({ purpose: 'transaction', transactionId: 'T' }), '');
    assert.equal(faults({ kind: 'relative', ...without('startMs') }), '');
    assert.equal(
      faults({
        unit: 'A',
        periods: [
          { startS: 0, limitTenths: 60 },
          { startS: 9, limitTenths: 0 },
        ],
      }),
      '',
    );
  });

  const refused: readonly (readonly [says: RegExp, changes: object, evse?: number])[] = [
    [/begins with the schedule/, { periods: [{ startS: 1, limitTenths: 100 }] }],
    [/after the one before/, { periods: [0, 5, 5].map((startS) => ({ startS, limitTenths: 100 })) }],
    [/after the schedule has ended/, { durationS: 1_080 }],
    [/at least 6 A/, { unit: 'A', periods: [{ startS: 0, limitTenths: 59 }] }],
    [/not after the one from which/, { validFromMs: 2, validToMs: 2 }],
    [/relative profile begins with the transaction/, { kind: 'relative' }],
    [/names when it begins/, without('startMs')],
    [/longer than the time after which/, { kind: 'daily', durationS: 86_401 }],
    [/set at outlet 0/, { purpose: 'station-max' }],
    [/depends on no transaction/, { purpose: 'station-max', kind: 'relative', ...without('startMs') }, 0],
    [/names its outlet and the transaction/, { purpose: 'transaction' }],
    [/names its outlet and the transaction/, { purpose: 'transaction', transactionId: 'T' }, 0],
    [/only a profile of a transaction names one/, { transactionId: 'T' }],
  ];
  for (const [says, changes, evse] of refused)
    it(`is refused because ${says.source}`, () => {
      assert.match(faults(changes, evse), says);
    });

  it('has no limit below nothing, and no more than a decimal place', () => {
    const limit = (limitTenths: number) =>
      chargingProfile.safeParse({ ...STEPPED, periods: [{ startS: 0, limitTenths }] }).success;
    assert.deepEqual([limit(-1), limit(0.5), limit(0)], [false, false, true]);
  });
});
