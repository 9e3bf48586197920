import assert from 'node:assert/strict';
import fc from 'fast-check';
import { unwrap } from '../result/index.ts';
import * as ids from './index.ts';

type Row = readonly [type: ids.IdType<string>, right: readonly string[], wrong: readonly string[]];

const RECORD_WRONG = ['', '-a', '.a', 'a/b', 'a b', 'a'.repeat(65), 'a\n', 'ä', 'a*1', '\u0000'] as const;

const TABLE: readonly Row[] = [
  [
    ids.UtilityId,
    ['USALP', 'USDUK', 'DE8AA'],
    ['', 'usalp', 'USAL', 'USALPX', 'U1ALP', 'US-ALP', 'USALP\n', 'UŚALP'],
  ],
  [
    ids.EvseId,
    ['US*DUK*E1234*1', 'DE*8AA*E1', `US*DUK*E${'1'.repeat(30)}`],
    [
      'USDUKE12341',
      'US*DUK*X1',
      'US*DUK*E',
      'us*duk*e1',
      'US*DU*E1',
      'US*DUK*E*1',
      `US*DUK*E${'1'.repeat(31)}`,
    ],
  ],
  [ids.MspId, ['AlabamaPowerMSP', 'Org1MSP', 'a'], ['', '1Org', 'Org 1', 'a'.repeat(64)]],
  [
    ids.PeriodId,
    ['2026-07', '2026-12', '2026-07-31'],
    ['2026-13', '2026-00', '2026-7', '2026-07-32', '26-07', '2026'],
  ],
  [ids.CommandKey, ['a1b2c3d4', 'open:USDUK:0001'], ['short', 'a'.repeat(129), 'with space']],
  ...[
    ids.StationId,
    ids.SessionId,
    ids.QuoteId,
    ids.TariffId,
    ids.InvoiceId,
    ids.AgreementId,
    ids.PaymentId,
    ids.RequestId,
  ].map((type): Row => [type, ['a', '9f3c-01', '123e4567-e89b-12d3-a456-426614174000'], RECORD_WRONG]),
];

describe('ids', () => {
  for (const [type, right, wrong] of TABLE) {
    it(`takes a right ${type.idName} unchanged and refuses a wrong one by name`, () => {
      for (const text of right) assert.equal(unwrap(type.parse(text)), text);
      for (const text of wrong) {
        const result = type.parse(text);
        assert.ok(!result.ok, `${JSON.stringify(text)} was taken`);
        assert.equal(result.error.id, type.idName);
        assert.ok(result.error.message.includes(type.expects));
      }
    });
  }

  it('quotes no more than a little of a refused text', () => {
    const result = ids.UtilityId.parse('x'.repeat(10_000));
    assert.ok(!result.ok && result.error.message.length < 300);
  });

  it('answers any text without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const [type] of TABLE) assert.equal(type.parse(text).ok, type.is(text));
      }),
    );
  });

  it('refuses to define an id whose pattern is open at an end or stateful', () => {
    for (const pattern of [/a$/, /^a/, /^a$/g, /^a$/m, /^a$/y]) {
      assert.throws(() => ids.defineId('Loose', pattern, 'anything'), /anchored/);
    }
  });

  it('reads country and party off a utility and the utility off an outlet', () => {
    const duke = unwrap(ids.UtilityId.parse('USDUK'));
    assert.equal(ids.countryOf(duke), 'US');
    assert.equal(ids.partyOf(duke), 'DUK');
    assert.equal(ids.operatorOf(unwrap(ids.EvseId.parse('US*DUK*E1234*1'))), duke);
  });
});
