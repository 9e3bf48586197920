import assert from 'node:assert/strict';
import { laneIdOf } from '@roamgrid/wire';
import { HOME, makeKey, publicKey, VISITED } from '@roamgrid/service-kit/testing';
import { BASE_MS, groundOf, HOUR_MS, settledRecord, STATION_HERE } from '../testing/settled.ts';
import { reviewAlone, reviewRecords } from './review-records.ts';
import type { ReviewedRecord } from './record.ts';

const OPERATOR_KEY = makeKey('operator-1');
const OPERATOR = { meterKey: OPERATOR_KEY, meterId: 'register-1', meteredBy: 'operator' } as const;

/** The outlet with its meter's key and its operator's in use. */
const ground = groundOf({
  station: {
    ...STATION_HERE,
    evses: STATION_HERE.evses.map((evse) => ({
      ...evse,
      meterKeys: [
        ...evse.meterKeys,
        { ...publicKey(OPERATOR_KEY), meterId: OPERATOR.meterId, signedBy: 'operator', fromMs: 0 },
      ],
    })),
  },
});

const review = (records: readonly ReviewedRecord[]) =>
  reviewRecords(records, {
    laneId: laneIdOf(VISITED, HOME, 'g0'),
    fromSequence: 1,
    groundOf: () => ground,
    standing: [],
    disputed: new Set(),
    atOnce: 9,
  }).map(({ finding }) => finding?.reason);

describe('a charge record of an outlet that its operator may vouch for', () => {
  it('passes when the record says whose key signed, and is disputed when it says the other', async () => {
    const vouched = await settledRecord(OPERATOR);
    assert.equal(reviewAlone(vouched, ground), undefined);
    const disguised = { ...vouched, cdr: { ...vouched.cdr, meteredBy: 'meter' as const } };
    assert.equal(reviewAlone(disguised, ground)?.reason, 'METER_SIGNATURE');
    const { meteredBy: _who, ...forged } = { ...OPERATOR, meterId: 'meter-1' };
    assert.equal(reviewAlone(await settledRecord(forged), ground)?.reason, 'METER_SIGNATURE');
  });

  it('is disputed when the outlet charged somebody else then by the other key', async () => {
    const first = await settledRecord({ laneSequence: 1 });
    const during = await settledRecord({
      ...OPERATOR,
      laneSequence: 2,
      openedAtMs: BASE_MS + HOUR_MS / 2,
      fromWh: 1n,
    });
    assert.deepEqual(review([first, during]), [undefined, 'OVERLAP_EVSE']);
  });

  it('may state the same registers as one by the other key: they are two counters', async () => {
    const first = await settledRecord({ laneSequence: 1, fromWh: 5_000n });
    const after = await settledRecord({
      ...OPERATOR,
      laneSequence: 2,
      openedAtMs: BASE_MS + 2 * HOUR_MS,
      fromWh: 5_000n,
    });
    assert.deepEqual(review([first, after]), [undefined, undefined]);
  });
});
