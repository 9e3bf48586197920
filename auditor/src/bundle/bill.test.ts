import assert from 'node:assert/strict';
import type { JsonObject } from '../json.ts';
import { requireBill } from './bill.ts';
import type { Decided } from './dispute.ts';
import type { ProvenSession } from './session.ts';

const RATE = { currency: 'USD', rateMicros: '1250000', rounding: 'half-even', source: 'ECB' };
const evidenceWith = (payload: object): string =>
  `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`;

/** A session of 100 millionths, 10 of them the station's owner's, as if it were proven. */
const session = (
  sessionId: string,
  { decided, currency = 'USD', rate }: { decided?: Decided; currency?: string; rate?: object } = {},
): ProvenSession => {
  const exchange = rate === undefined ? {} : { exchange: rate };
  const quote = { vun: 'USDUK', hun: 'USALP', currency };
  const open = { sessionId, quote, authorisedBy: 'home', evidence: evidenceWith(exchange) };
  const record = {
    startMs: 1,
    endMs: 2,
    energyWh: 7n,
    meteredBy: 'meter',
    totalMicros: 100n,
    shares: { driver: 10n },
  };
  return { settled: { open }, record, clearing: { states: new Map(), decided } } as unknown as ProvenSession;
};

const revised: Decided = { outcome: 'revised', energyWh: 5n, totalMicros: 50n, driverMicros: 6n };
const credited: Decided = { outcome: 'credited', energyWh: 0n, totalMicros: 0n, driverMicros: 0n };

const lineOf = (sessionId: string, energyWh: string, totalMicros: string, driverShareMicros: string) => ({
  ...{ sessionId, vun: 'USDUK', startMs: 1, endMs: 2, meteredBy: 'meter' },
  ...{ energyWh, totalMicros, driverShareMicros },
});
const correctionOf = (
  sessionId: string,
  outcome: string,
  totalMicros: string,
  driverShareMicros: string,
) => ({
  ...{ sessionId, outcome, totalMicros, driverShareMicros },
});
const billOf = (
  lines: readonly JsonObject[],
  corrections: readonly JsonObject[],
  [sessionsMicros, creditMicros, payableMicros]: readonly [string, string, string],
): JsonObject => ({
  ...{ utilityId: 'USALP', currency: 'USD', lines, sessionsMicros, creditMicros, payableMicros },
  ...(corrections.length > 0 && { corrections }),
});

describe('a driver’s bill', () => {
  it('has lines by records, or by what their disputes came to, and corrections by the difference', () => {
    const lines = [
      lineOf('s1', '7', '100', '10'),
      lineOf('s2', '5', '50', '6'),
      lineOf('s3', '7', '100', '10'),
    ];
    const corrections = [
      correctionOf('s4', 'revised', '-50', '-4'),
      correctionOf('s5', 'credited', '-100', '-10'),
    ];
    const proven = [session('s1'), session('s2', { decided: revised }), session('s3', { decided: revised })];
    const corrected = [session('s4', { decided: revised }), session('s5', { decided: credited })];
    const sums = ['250', '26', '88'] as const;
    const { payableMicros } = requireBill(billOf(lines, corrections, sums), proven, corrected);
    assert.equal(payableMicros, 250n - 26n - 46n - 90n);
    const wrong = [lineOf('s1', '7', '100', '10'), lineOf('s2', '5', '100', '6'), ...lines.slice(2)];
    assert.throws(
      () => requireBill(billOf(wrong, corrections, sums), proven, corrected),
      /the line of s2 is not what its record says/,
    );
    const [vouched, ...others] = lines.map((line) => ({ ...line, meteredBy: 'operator' }));
    assert.throws(
      () => requireBill(billOf([vouched ?? {}, ...others], corrections, sums), proven, corrected),
      /the line of s1 is not what its record says/,
    );
    assert.throws(
      () => requireBill(billOf(lines, corrections, ['250', '26', '224']), proven, corrected),
      /does not come to its lines/,
    );
  });

  it('of corrections alone may give back, and is none without lines and corrections', () => {
    const one = [session('s5', { decided: credited })];
    const bill = billOf([], [correctionOf('s5', 'credited', '-100', '-10')], ['0', '0', '-90']);
    assert.deepEqual(requireBill(bill, [], one), {
      ...{ utilityId: 'USALP', currency: 'USD', payableMicros: -90n, bookingsMicros: 0n, corrections: 1 },
      givenMicros: 0n,
    });
    assert.throws(() => requireBill(billOf([], [], ['0', '0', '0']), [], []), /other lines than sessions/);
  });

  it('has what home says of reservations beside what is proven, and comes to both', () => {
    const lines = [lineOf('s1', '7', '100', '10')];
    const bill = { ...billOf(lines, [], ['100', '10', '95']), bookingsMicros: '5' };
    const { payableMicros, bookingsMicros } = requireBill(bill, [session('s1')], []);
    assert.deepEqual([payableMicros, bookingsMicros], [95n, 5n]);
    for (const wrong of ['6', '0', '-5'])
      assert.throws(
        () => requireBill({ ...bill, bookingsMicros: wrong }, [session('s1')], []),
        /does not come to its lines/,
      );
    const less = { ...bill, bookingsMicros: '12', givenMicros: '7' };
    assert.equal(requireBill(less, [session('s1')], []).givenMicros, 7n);
    assert.throws(() => requireBill({ ...less, givenMicros: '6' }, [session('s1')], []), /its lines/);
  });

  it('corrects in its own currency by the rate that home fixed, each amount converted by itself', () => {
    const of = (totalMicros: string, driverMicros: string, payable: string) =>
      billOf([], [correctionOf('s4', 'revised', totalMicros, driverMicros)], ['0', '0', payable]);
    const abroad = (rate?: object) => [
      session('s4', { decided: revised, currency: 'CAD', rate: rate ?? RATE }),
    ];
    // 125 to 62 (62.5 to even), 12 (12.5 to even) to 8 (7.5 to even).
    assert.equal(requireBill(of('-63', '-4', '-59'), [], abroad()).payableMicros, -59n);
    for (const wrong of [of('-50', '-4', '-46'), of('-63', '-5', '-58')])
      assert.throws(() => requireBill(wrong, [], abroad()), /is not what its dispute came to/);
    for (const rated of [
      abroad({ ...RATE, currency: 'EUR' }),
      [session('s4', { decided: revised, currency: 'CAD' })],
    ])
      assert.throws(() => requireBill(of('-63', '-4', '-59'), [], rated), /has no rate that home fixed/);
  });

  it('corrects nothing whose dispute is not over, is another’s, or stands on it already', () => {
    const bill = billOf([], [correctionOf('s4', 'revised', '-50', '-4')], ['0', '0', '-46']);
    const decided = session('s4', { decided: revised });
    assert.equal(requireBill(bill, [], [decided]).corrections, 1);
    assert.throws(() => requireBill(bill, [], [session('s4')]), /no dispute of s4 that is over/);
    assert.throws(() => requireBill(bill, [], [session('s5', { decided: revised })]), /is not of s5/);
    assert.throws(() => requireBill(bill, [], [decided, decided]), /other corrections than corrected/);
    const other = { ...bill, utilityId: 'USGPC' };
    assert.throws(() => requireBill(other, [], [decided]), /another utility’s customer/);
    const both = billOf(
      [lineOf('s4', '7', '100', '10')],
      [correctionOf('s4', 'revised', '-50', '-4')],
      [...(['100', '10', '44'] as const)],
    );
    assert.throws(() => requireBill(both, [decided], [decided]), /stands twice/);
    const called = billOf([], [correctionOf('s4', 'credited', '-50', '-4')], ['0', '0', '-46']);
    assert.throws(() => requireBill(called, [], [decided]), /is not what its dispute came to/);
  });
});
