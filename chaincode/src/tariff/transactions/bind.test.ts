import assert from 'node:assert/strict';
import { implicitCollection } from '@roamgrid/wire';
import {
  AGREEMENT_ID,
  by,
  call,
  DAY_MS,
  MSP,
  NOW_MS,
  sealedTerms,
  TARIFF_ID,
  tariffVersion,
  termsOf,
} from '../../testing/parties.ts';
import { amend, but, withGroundwork } from '../../testing/prepared.ts';

/** Version 2 at a price, published and waiting to be bound; it starts in two days. */
const published = async (price: number) => {
  const ledger = await withGroundwork();
  await ledger.submit(
    call({
      caller: by('USDUK', 'operator'),
      verb: 'tariff.publish',
      command: { tariff: tariffVersion(2, price) },
    }),
  );
  return ledger;
};
const told = {
  caller: by('USDUK', 'operator'),
  verb: 'tariff.bind',
  command: { agreementId: AGREEMENT_ID, tariffId: TARIFF_ID, tariffVersion: 2 },
  transient: { terms: sealedTerms().text },
};

describe('tariff.bind', () => {
  it('writes the binding for both to endorse and makes both endorse it now', async () => {
    const ledger = await published(0.4);
    const { writes } = await ledger.submit(call(told));
    const key = `binding:${AGREEMENT_ID}:${TARIFF_ID}:00000002`;
    assert.deepEqual(writes.public[key], {
      type: 'tariffBinding',
      version: 1,
      agreementId: AGREEMENT_ID,
      tariffId: TARIFF_ID,
      tariffVersion: 2,
      boundAtMs: NOW_MS,
    });
    const course = `priceCourse:${AGREEMENT_ID}:USDUK`;
    const point = { tariffId: TARIFF_ID, currency: 'USD' };
    assert.deepEqual(writes.public[course], {
      type: 'priceCourse',
      version: 2,
      agreementId: AGREEMENT_ID,
      utilityId: 'USDUK',
      points: [
        {
          ...point,
          tariffVersion: 1,
          validFromMs: NOW_MS - 90 * DAY_MS,
          minMicrosPerKWh: '300000',
          maxMicrosPerKWh: '300000',
        },
        {
          ...point,
          tariffVersion: 2,
          validFromMs: NOW_MS + 2 * DAY_MS,
          minMicrosPerKWh: '400000',
          maxMicrosPerKWh: '400000',
        },
      ],
    });
    const both = [MSP.USALP, MSP.USDUK];
    assert.deepEqual(writes.endorsers, { [key]: both, [course]: both });
    assert.equal(Object.keys(writes.public).length, 3);
    assert.deepEqual(
      Object.keys(writes.private).map((name) => name.split('/')[0]),
      [implicitCollection(MSP.USALP), implicitCollection(MSP.USDUK)],
    );
  });

  const prices: readonly (readonly [code: string, what: string, price: number])[] = [
    ['ok', 'a step of exactly the agreed size', 0.4],
    ['OUTSIDE_AGREEMENT', 'a step one micro too big', 0.400001],
    ['OUTSIDE_AGREEMENT', 'a step down that is too big', 0.199999],
  ];
  for (const [code, what, price] of prices) {
    it(`${what}: ${code}`, async () => {
      assert.equal(await (await published(price)).refusal(call(told)), code);
    });
  }

  it('refuses too little notice of a change', async () => {
    const ledger = await published(0.4);
    assert.equal(await ledger.refusal(but(told, { nowMs: NOW_MS + DAY_MS })), 'ok');
    assert.equal(await ledger.refusal(but(told, { nowMs: NOW_MS + DAY_MS + 1 })), 'OUTSIDE_AGREEMENT');
  });

  it('refuses strangers, other terms, bound versions, and agreements or tariffs out of their time', async () => {
    const ledger = await published(0.4);
    const cases = [
      ['FORBIDDEN', { caller: by('USALP', 'operator') }],
      ['FORBIDDEN', { caller: by('USDUK', 'station') }],
      ['NOT_FOUND', { command: { tariffVersion: 3 } }],
      ['NOT_FOUND', { command: { agreementId: 'nope' } }],
      ['WRONG_STATE', { command: { tariffVersion: 1 } }],
      ['HASH_MISMATCH', { transient: { terms: sealedTerms(termsOf({ maxStepMicrosPerKWh: 9n })).text } }],
      ['EXPIRED', { nowMs: NOW_MS + 365 * DAY_MS }],
    ] as const;
    for (const [code, change] of cases) assert.equal(await ledger.refusal(but(told, change)), code);
    amend(ledger, `agreement:${AGREEMENT_ID}`, { state: 'withdrawn' });
    assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
    amend(ledger, `agreement:${AGREEMENT_ID}`, { state: 'active', endsAtMs: NOW_MS });
    assert.equal(await ledger.refusal(call(told)), 'EXPIRED');
    amend(ledger, `agreement:${AGREEMENT_ID}`, { endsAtMs: NOW_MS + 1 });
    amend(ledger, 'utility:USDUK', { status: 'suspended' });
    assert.equal(await ledger.refusal(call(told)), 'WRONG_STATE');
    amend(ledger, 'utility:USDUK', { status: 'active' });
    amend(ledger, `tariff:${TARIFF_ID}:00000002`, { utilityId: 'USGPC' });
    assert.equal(await ledger.refusal(call(told)), 'OUTSIDE_AGREEMENT');
  });
});
