import assert from 'node:assert/strict';
import { canonical, type JsonObject } from '../json.ts';
import { nodePrimitives } from '../node/primitives.ts';
import type { Record as ChargeRecord } from '../rating/record.ts';
import { hashOf } from '../session/verify.ts';
import { requireDispute } from './dispute.ts';

const NOTHING = {
  energyWh: '0',
  totalMicros: '0',
  payableMicros: '0',
  shares: { hun: '0', vun: '0', infrastructure: '0', driver: '0' },
};
const WHOLE = {
  energyWh: '7',
  totalMicros: '100',
  payableMicros: '80',
  shares: { hun: '10', vun: '70', infrastructure: '10', driver: '10' },
};
const HALF = {
  energyWh: '5',
  totalMicros: '50',
  payableMicros: '40',
  shares: { hun: '4', vun: '35', infrastructure: '5', driver: '6' },
};
/** Of the whole less the half. */
const REST = { ...HALF, energyWh: '2' };
const session = {
  energyWh: 7n,
  totalMicros: 100n,
  shares: { hun: 10n, vun: 70n, infrastructure: 10n, driver: 10n },
} as unknown as ChargeRecord;

const hash = (text: string): string => hashOf(nodePrimitives, text);

interface Told {
  readonly state: string;
  readonly answer?: JsonObject;
  readonly supplement?: JsonObject;
  readonly credit?: JsonObject;
  readonly late?: true;
}

/** What a dispute comes to, by bodies that the ledger has the hashes of. */
const cameTo = ({ state, late, ...bodies }: Told) => {
  const texts = Object.fromEntries(
    Object.entries({ body: { sessionId: 's1', ...WHOLE }, ...bodies }).map(([name, body]) => [
      name,
      canonical(body),
    ]),
  );
  const hashed = (name: string) => texts[name] && { bodyHash: hash(texts[name]) };
  const record = {
    ...{ state, bodyHash: hash(texts['body'] ?? '') },
    ...(texts['answer'] !== undefined && { answerHash: hash(texts['answer']) }),
    ...(late && { late }),
  };
  const [supplement, credit] = [hashed('supplement'), hashed('credit')];
  return requireDispute(
    { primitives: nodePrimitives, sessionId: 's1', session },
    { record, told: texts, supplement: supplement || undefined, credit: credit || undefined },
  );
};

const revised = { outcome: 'revised', ...HALF };
const credited = { outcome: 'credited', ...NOTHING };
const HALVED = { outcome: 'revised', energyWh: 5n, totalMicros: 50n, driverMicros: 6n };
const NONE = { outcome: 'credited', energyWh: 0n, totalMicros: 0n, driverMicros: 0n };

describe('what a dispute came to', () => {
  it('is nothing while it lasts: a late one until its credit note is out, whatever was answered', () => {
    for (const state of ['disputed', 'revised'])
      assert.equal(cameTo({ state, ...(state === 'revised' && { answer: revised }) }), undefined);
    assert.equal(cameTo({ state: 'upheld', answer: { outcome: 'upheld', ...WHOLE } }), undefined);
    assert.equal(cameTo({ state: 'credited', answer: credited, late: true }), undefined);
    assert.equal(cameTo({ state: 'credited', late: true }), undefined);
  });

  it('is what was answered once it is over, and nothing of a record that silence credited', () => {
    assert.deepEqual(cameTo({ state: 'settled', answer: revised, supplement: HALF }), HALVED);
    assert.deepEqual(cameTo({ state: 'settled', answer: revised, credit: REST, late: true }), HALVED);
    assert.deepEqual(cameTo({ state: 'credited', answer: credited }), NONE);
    assert.deepEqual(cameTo({ state: 'credited' }), NONE);
    assert.deepEqual(cameTo({ state: 'settled', credit: WHOLE, late: true }), NONE);
  });

  it('is refused where documents and answer say different things, or the ledger has another state', () => {
    const cases: readonly (readonly [told: Told, says: RegExp])[] = [
      [{ state: 'settled', answer: revised, supplement: WHOLE }, /not what was answered/],
      [{ state: 'settled', answer: revised, credit: WHOLE, late: true }, /not what was billed less/],
      [{ state: 'credited', answer: revised }, /not what the ledger says became of it/],
      [{ state: 'settled', answer: { outcome: 'forgotten', ...HALF } }, /not what the ledger says became/],
      [{ state: 'settled', answer: { outcome: 'upheld', ...HALF } }, /is not over the session’s record/],
    ];
    for (const [told, says] of cases) assert.throws(() => cameTo(told), says);
  });
});
