import assert from 'node:assert/strict';
import { laneIdOf, type DisputeReason } from '@roamgrid/wire';
import { HOME, makeKey, nextSessionId, terms, VISITED } from '@roamgrid/service-kit/testing';
import {
  BASE_MS,
  groundOf,
  HOUR_MS,
  settledRecord,
  STATION_HERE,
  type SettledOptions,
} from '../testing/settled.ts';
import { traceOf, type RecordGround, type ReviewedRecord } from './record.ts';
import { evidenceOf, reviewAlone, reviewRecords, type ReviewContext } from './review-records.ts';

const LANE = laneIdOf(VISITED, HOME, 'g0');

const review = (
  records: readonly ReviewedRecord[],
  changes: Partial<ReviewContext> = {},
  ground: RecordGround = groundOf(),
) =>
  reviewRecords(records, {
    laneId: LANE,
    fromSequence: 1,
    groundOf: () => ground,
    standing: [],
    disputed: new Set(),
    atOnce: 1,
    ...changes,
  }).map(({ finding }) => finding?.reason);

describe('a charge record under review', () => {
  it('passes when nothing is wrong with it, also with a clock that vouches for no time', async () => {
    assert.equal(reviewAlone(await settledRecord(), groundOf()), undefined);
    const unsynchronised = await settledRecord({ clock: 'U', energyWh: 30_000n, lengthMs: 60_000 });
    assert.equal(reviewAlone(unsynchronised, groundOf()), undefined);
  });

  const alone: readonly (readonly [
    string,
    DisputeReason,
    SettledOptions,
    Partial<RecordGround>,
    (record: ReviewedRecord) => ReviewedRecord,
  ])[] = [
    [
      'another amount than its readings give',
      'RATING',
      {},
      {},
      ({ cdr, settled }) => ({ settled, cdr: { ...cdr, totalMicros: cdr.totalMicros + 1n } }),
    ],
    [
      'another share than agreed',
      'RATING',
      {},
      {},
      ({ cdr, settled }) => ({
        settled,
        cdr: { ...cdr, shares: { ...cdr.shares, vun: cdr.shares.vun - 1n, driver: cdr.shares.driver + 1n } },
      }),
    ],
    ['more than the cap', 'CAP', { quote: { capMicros: 3_209_999n } }, {}, (record) => record],
    [
      'a cap above the agreed largest session',
      'AGREEMENT',
      {},
      { terms: { ...terms(), maxSessionMicros: 11_999_999n } },
      (record) => record,
    ],
    [
      'a price above the agreed ceiling',
      'AGREEMENT',
      {},
      { terms: { ...terms(), ceilingMicrosPerKWh: 299_999n } },
      (record) => record,
    ],
    [
      'another currency than agreed',
      'AGREEMENT',
      {},
      { terms: { ...terms(), currency: 'EUR' } },
      (record) => record,
    ],
    [
      'an agreement that was over',
      'AGREEMENT',
      {},
      { agreement: { ...groundOf().agreement, validUntilMs: BASE_MS } },
      (record) => record,
    ],
    [
      'an agreement of others',
      'AGREEMENT',
      {},
      { agreement: { ...groundOf().agreement, parties: ['USALP', 'USGPC'] } },
      (record) => record,
    ],
    [
      'a meter’s key that is not the outlet’s',
      'METER_SIGNATURE',
      { meterKey: makeKey('stray') },
      {},
      (record) => record,
    ],
    [
      'a register that the meter did not sign',
      'METER_SIGNATURE',
      { fromWh: 5_000n, signedEndWh: 14_999n },
      {},
      (record) => record,
    ],
    [
      'more energy than the outlet can give in the time',
      'ENERGY',
      { energyWh: 10_000n, lengthMs: 600_000 },
      {},
      (record) => record,
    ],
    ['an end that has not come', 'TIME', {}, { nowMs: BASE_MS }, (record) => record],
    ['more time than any may last', 'TIME', { lengthMs: 32 * 24 * HOUR_MS }, {}, (record) => record],
  ];
  for (const [what, reason, options, ground, change] of alone) {
    it(`is disputed for ${what}: ${reason}`, async () => {
      const record = change(await settledRecord(options));
      assert.equal(reviewAlone(record, groundOf(ground))?.reason, reason);
    });
  }

  it('is disputed for statements of another maker’s meter that are not its own, or of another session', async () => {
    const sessionId = nextSessionId();
    const stated = { sessionId, statedFor: sessionId };
    const reasonOf = async (options: SettledOptions) =>
      reviewAlone(await settledRecord(options), groundOf())?.reason;
    assert.equal(await reasonOf(stated), undefined);
    assert.equal(await reasonOf({ ...stated, meterKey: makeKey('stray') }), 'METER_SIGNATURE');
    assert.equal(await reasonOf({ ...stated, statedFor: nextSessionId() }), 'METER_SIGNATURE');
    assert.equal(await reasonOf({ ...stated, fromWh: 5_000n, signedEndWh: 14_999n }), 'METER_SIGNATURE');
  });

  it('may have a minute more at the outlet’s power than its stamps say, and not a watt-hour beyond', async () => {
    // 50 kW for ten minutes and one more.
    const most = { lengthMs: 600_000, energyWh: 9_166n };
    assert.equal(reviewAlone(await settledRecord(most), groundOf()), undefined);
    const beyond = await settledRecord({ ...most, energyWh: 9_167n });
    assert.equal(reviewAlone(beyond, groundOf())?.reason, 'ENERGY');
  });
});

describe('charge records under review together', () => {
  const next = (laneSequence: number, hour: number, more: SettledOptions = {}) =>
    settledRecord({ laneSequence, openedAtMs: BASE_MS + hour * HOUR_MS, ...more });

  it('pass one after the other at one outlet, of one customer', async () => {
    const records = [await next(1, 0), await next(2, 2), await next(3, 4)];
    assert.deepEqual(review(records), [undefined, undefined, undefined]);
  });

  it('are disputed where an outlet charged two at once: the later one is', async () => {
    const records = [await next(1, 0.5, { cinRef: 'd2'.repeat(32) }), await next(2, 0)];
    assert.deepEqual(review(records), ['OVERLAP_EVSE', undefined]);
  });

  it('are disputed where a meter counted the same energy twice', async () => {
    const first = await next(1, 0, { fromWh: 100_000n });
    const second = await next(2, 2, { fromWh: 109_999n });
    assert.deepEqual(review([first, second]), [undefined, 'OVERLAP_METER']);
  });

  it('are disputed where a customer charged at two places, beyond what one card may', async () => {
    const there = await next(1, 0);
    const elsewhere: TraceChange = {
      evseId: 'US*GPC*E1*1',
      meterKey: 'another',
      sessionId: 'USGPC-USALP-g0-1',
    };
    const standing = [{ ...traceOf(await next(9, 0.5), LANE, { station: STATION_HERE }), ...elsewhere }];
    assert.deepEqual(review([there], { standing }), ['OVERLAP_CIN']);
    assert.deepEqual(review([there], { standing, atOnce: 2 }), [undefined]);
    const others = standing.map((trace) => ({ ...trace, cinRef: 'd2'.repeat(32) }));
    assert.deepEqual(review([there], { standing: others }), [undefined]);
  });

  it('are disputed where a number is left out, and where a session stands twice', async () => {
    const [one, three] = [await next(1, 0), await next(3, 2)];
    assert.deepEqual(review([one, three]), [undefined, 'SEQUENCE']);
    const again = { ...one, cdr: { ...one.cdr, laneSequence: 2 } };
    assert.deepEqual(review([one, again]), [undefined, 'SEQUENCE']);
  });

  it('do not suffer for one that is wrong itself', async () => {
    const wrong = await next(1, 0, {
      energyWh: 40_000n,
      lengthMs: 600_000,
      quote: { capMicros: 20_000_000n },
    });
    const right = await next(2, 0.1);
    assert.deepEqual(review([wrong, right]), ['ENERGY', undefined]);
  });

  it('leave evidence that says which figures were compared', async () => {
    const record = await settledRecord({ energyWh: 10_000n, lengthMs: 600_000 });
    const finding = reviewAlone(record, groundOf());
    assert.ok(finding);
    const { sessionId } = record.cdr;
    assert.deepEqual(JSON.parse(evidenceOf(sessionId, finding)), {
      sessionId,
      reason: 'ENERGY',
      statement: 'the meter counted more energy than the outlet can give in the time',
      figures: { gainedMilliWh: '10000000', mostMilliWh: '9166666', maxPowerW: '50000', lengthMs: '600000' },
    });
  });
});

type TraceChange = Readonly<Record<'evseId' | 'meterKey' | 'sessionId', string>>;
