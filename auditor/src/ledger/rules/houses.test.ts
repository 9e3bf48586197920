import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { JsonObject } from '../../json.ts';
import { nodePrimitives } from '../../node/primitives.ts';
import { Book } from '../testing/book.ts';
import type { Step } from '../step.ts';
import { EnergyCredits } from './energy-credits.ts';
import { Forms } from './forms.ts';
import { Houses } from './houses.ts';
import { requireSigned } from './signed-orders.ts';

type Records = Readonly<Record<string, JsonObject>>;
const PAIR = { vun: 'USDUK', hun: 'USALP', agreementId: 'a1' };

const house = (over: JsonObject = {}): Records => ({
  'house:h1': { version: 1, houseRef: 'h1', ...PAIR, fromMs: 0, untilMs: 900, panelKeys: [], ...over },
});
const batch = (number: number, over: JsonObject = {}, chain: JsonObject = {}): Records => ({
  [`houseBatch:h1:000000000${number}`]: {
    ...{ version: 1, houseRef: 'h1', ...PAIR, number, headerHash: `hash ${number}` },
    ...(number > 1 && { previousHash: `hash ${number - 1}` }),
    ...{ fromMs: (number - 1) * 100, untilMs: number * 100, recordedAtMs: 1_000 },
    ...over,
  },
  'houseChain:h1': {
    ...{ version: number, houseRef: 'h1', number, headerHash: `hash ${number}`, untilMs: number * 100 },
    ...chain,
  },
});
const credit = (fromWh: number, toWh: number, holder: string, version = 1): Records => ({
  [`energyCredit:c1:${fromWh.toString().padStart(16, '0')}`]: {
    ...{ version, creditId: 'c1', fromWh: `${fromWh}`, toWh: `${toWh}`, holder },
  },
});
const grant = (over: JsonObject = {}): Records => ({
  'creditGrant:c1': {
    ...{ version: 1, creditId: 'c1', ...PAIR, houseRef: 'h1', number: 1, wh: '2000' },
    ...{ holder: 'A', grantedAtMs: 1_000, ...over },
  },
});
const move = (wh: number, moveId = 'm1', over: JsonObject = {}): Records => ({
  [`creditMove:A:${moveId}`]: {
    ...{ version: 1, moveId, from: 'A', to: 'B', wh: `${wh}`, movedAtMs: 1_000, ...over },
  },
});

const HOME = { maker: 'AlabamaMSP' } as const;

describe('houses and energy credits', () => {
  let book: Book;
  let [houses, credits] = [new Houses(), new EnergyCredits()];
  beforeEach(() => {
    [houses, credits] = [new Houses(), new EnergyCredits()];
    book = new Book(new Forms(), houses, credits);
    book.write(house(), HOME);
  });

  it('hold when batches follow each other, and Wh move from their owner', () => {
    book.write(batch(1));
    book.write(batch(2));
    book.write({ ...grant(), ...credit(0, 2_000, 'A') });
    book.write({
      ...move(500),
      ...credit(0, 300, 'A', 2),
      ...credit(300, 800, 'B'),
      ...credit(800, 2_000, 'A'),
    });
    assert.deepEqual([houses.batches, credits.moves], [2, 1]);
  });

  const earned: readonly Records[] = [batch(1), { ...grant(), ...credit(0, 2_000, 'A') }];
  const cases: readonly (readonly [string, RegExp, ...Records[]])[] = [
    ['a batch left out', /leaves a batch out/, batch(1), batch(3, {}, { version: 2 })],
    ['another past', /another batch before it/, batch(1), batch(2, { previousHash: 'x' })],
    ['a gap of time', /does not begin where/, batch(1), batch(2, { fromMs: 101 })],
    ['a batch that the chain does not have', /is not the last/, batch(1, {}, { number: 2, version: 1 })],
    ['a chain without a batch', /changed by no batch/, { 'houseChain:h1': batch(1)['houseChain:h1'] ?? {} }],
    ['a batch told otherwise', /written a second time/, batch(1), batch(1, {}, { version: 2 })],
    ['a batch after the pseudonym', /after its house’s/, batch(1, { untilMs: 901 })],
    ['another pair', /another vun than its house/, batch(1, { vun: 'USALP', hun: 'USDUK' })],
    [
      'more credit than was granted',
      /one holding of all/,
      batch(1),
      { ...grant(), ...credit(0, 2_001, 'A') },
    ],
    ['credit of nothing', /by no grant or order/, batch(1), credit(0, 2_000, 'A')],
    ['credit twice', /written a second time/, ...earned, { ...grant(), ...credit(0, 2_000, 'A', 2) }],
    [
      'more Wh than before',
      /other Wh than before/,
      ...earned,
      { ...move(1), ...credit(0, 2_000, 'A', 2), ...credit(2_000, 2_001, 'B') },
    ],
    [
      'Wh in two holdings',
      /in two holdings/,
      ...earned,
      { ...move(600), ...credit(0, 1_000, 'A', 2), ...credit(900, 1_500, 'B') },
    ],
    [
      'Wh that went to another',
      /to somebody else/,
      ...earned,
      { ...move(2_000), ...credit(0, 2_000, 'C', 2) },
    ],
    [
      'Wh of another',
      /did not order it/,
      ...earned,
      { ...move(2_000, 'm2', { from: 'C' }), ...credit(0, 2_000, 'B', 2) },
    ],
    ['another sum', /other Wh than it says/, ...earned, { ...move(1_999), ...credit(0, 2_000, 'B', 2) }],
  ];
  for (const [what, message, ...steps] of cases)
    it(`do not hold with ${what}`, () => {
      for (const step of steps.slice(0, -1)) book.write(step);
      assert.throws(
        () => {
          book.write(steps.at(-1) ?? {});
        },
        { name: 'Failed', message },
      );
    });

  it('do not hold when one of the two did not endorse, or another utility registers the house', () => {
    const alone = { endorsers: new Set(['DukeMSP']) };
    assert.throws(() => {
      book.write(batch(1), alone);
    }, /is not endorsed by AlabamaMSP/);
    assert.throws(() => {
      book.write(house({ version: 2 }), { maker: 'DukeMSP' });
    }, /whose customer it is not/);
  });
});

describe('signatures in public records', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const jwk = { ...(publicKey.export({ format: 'jwk' }) as JsonObject), kid: 'k1' };
  const jws = (typ: string, payload: JsonObject, key: KeyObject = privateKey): string => {
    const part = (value: JsonObject) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'ES256', kid: 'k1', typ })}.${part(payload)}`;
    const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  };
  const judged = (key: string, after: JsonObject) => {
    const house: JsonObject = { panelKeys: [{ ...jwk, fromMs: 0, untilMs: 500 }] };
    const step: Step = {
      ...{ atMs: 1_000, maker: '', endorsers: new Set<string>() },
      changes: [{ key, kind: key.slice(0, key.indexOf(':')), before: undefined, after }],
      records: { get: () => house, find: () => house, startingWith: () => [] },
    };
    return requireSigned(nodePrimitives, step, 'roaming');
  };
  const seal = { houseRef: 'h1', number: 1, headerHash: 'x' };
  const batchBy = (text: string, over: JsonObject = {}) =>
    judged('houseBatch:h1:1', { ...seal, untilMs: 400, seal: text, ...over });
  const { crv, kty, x, y } = jwk as Record<string, string>;
  const from = Buffer.from(nodePrimitives.sha256(Buffer.from(JSON.stringify({ crv, kty, x, y })))).toString(
    'hex',
  );
  const order = {
    ...{ moveId: 'm1', channel: 'roaming', to: 'B', validUntilMs: 2_000 },
    parts: [{ creditId: 'c1', holdingFromWh: '0', fromWh: '0', toWh: '5' }],
  };
  const moved = (text: string, over: JsonObject = {}) =>
    judged('creditMove:A:m1', { moveId: 'm1', from, to: 'B', wh: '5', key: jwk, order: text, ...over });
  const [BATCH, MOVE] = ['roamgrid-house-batch+jwt', 'roamgrid-credit-move+jwt'];

  it('count as they were made, by a panel’s key of that time and by the owner', async () => {
    await batchBy(jws(BATCH, seal));
    await moved(jws(MOVE, order));
  });

  it('count for nothing else', async () => {
    const failing: readonly (readonly [RegExp, Promise<void>])[] = [
      [/does not verify/, batchBy(jws(BATCH, seal, stranger))],
      [/sealed another headerHash/, batchBy(jws(BATCH, { ...seal, headerHash: 'y' }))],
      [/a key that its signer did not have/, batchBy(jws(BATCH, seal), { untilMs: 600 })],
      [/is not a roamgrid-house-batch/, batchBy(jws(MOVE, seal))],
      [/does not verify/, moved(jws(MOVE, order, stranger))],
      [/not its owner’s/, moved(jws(MOVE, order), { from: 'A' })],
      [/another id, holder or channel/, moved(jws(MOVE, { ...order, channel: 'other' }))],
      [/another id, holder or channel/, moved(jws(MOVE, order), { to: 'C' })],
      [/after its order was over/, moved(jws(MOVE, { ...order, validUntilMs: 999 }))],
      [/other Wh than were ordered/, moved(jws(MOVE, order), { wh: '6' })],
    ];
    for (const [message, judged] of failing) await assert.rejects(judged, { name: 'Failed', message });
  });
});
