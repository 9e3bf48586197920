import assert from 'node:assert/strict';
import { creditHolder, energyCreditRecord } from '@roamgrid/wire';
import fc from 'fast-check';
import {
  creditGrant,
  creditMoveCall,
  entriesAt,
  givenFlow,
  HOUSE_FROM_MS,
  houseBatch,
  houseRegistration,
  makeHouse,
  partOf,
} from '../../testing/houses.ts';
import { by, call, DAY_MS, HOUR_MS, makeKey, MSP, NOW_MS, SET_UP_MS } from '../../testing/parties.ts';
import { amend, but, withGroundwork } from '../../testing/prepared.ts';

const [carA, carB, carC] = [makeKey('car-a'), makeKey('car-b'), makeKey('car-c')];

const withHouse = async (name = 'h1') => {
  const ledger = await withGroundwork();
  const house = makeHouse(name);
  await ledger.submit(call(houseRegistration(house)));
  return { ledger, house };
};
/** 2 kWh of credit of car A's. */
const withCredit = async () => {
  const { ledger, house } = await withHouse();
  const flow = givenFlow(house, HOUSE_FROM_MS, carA);
  const batch = await houseBatch(house, { entries: [flow] });
  await ledger.submit(call(batch.record));
  const grant = creditGrant(house, batch, flow);
  await ledger.submit(call(grant));
  return { ledger, grant, creditId: grant.command.creditId };
};

describe('grid.registerHouse', () => {
  it('names the house by its pseudonym, and keeps its meters with the two parties', async () => {
    const ledger = await withGroundwork();
    const house = makeHouse('h1');
    const { writes } = await ledger.submit(call(houseRegistration(house)));
    const record = writes.public[`house:${house.houseRef}`] as Record<string, unknown>;
    assert.deepEqual([record['vun'], record['hun'], record['fromMs']], ['USDUK', 'USALP', SET_UP_MS]);
    assert.ok(!JSON.stringify(writes.public).includes('car-1'), 'no meter stands on the channel');
    assert.deepEqual(
      Object.keys(writes.private).sort(),
      [MSP.USALP, MSP.USDUK].map((mspId) => `_implicit_org_${mspId}/house:${house.houseRef}`),
    );
    assert.deepEqual(writes.endorsers[`house:${house.houseRef}`], [MSP.USALP, MSP.USDUK]);
  });

  it('refuses a pseudonym for longer than a quarter, another pair, time or body, and tells a meter once', async () => {
    const { ledger, house } = await withHouse();
    const told = houseRegistration(house);
    const longer = { command: { untilMs: SET_UP_MS + 100 * DAY_MS } };
    const meters = [...house.body.meters, ...house.body.meters];
    const twice = houseRegistration({ ...house, body: { ...house.body, meters } });
    const cases = [
      ['ok', call(told)],
      ['CONFLICT', but(told, longer)],
      ['INVALID_ARGUMENT', but(houseRegistration(makeHouse('h2')), longer)],
      ['HASH_MISMATCH', but(told, { command: { bodyHash: house.houseRef } })],
      ['FORBIDDEN', but(told, { caller: by('USALP', 'station') })],
      ['CONFLICT', call(twice)],
      ['OUTSIDE_AGREEMENT', but(told, { command: { vun: 'USGPC' } })],
    ] as const;
    for (const [at, [code, asked]] of cases.entries())
      assert.equal(await ledger.refusal(asked), code, at.toString());
  });
});

describe('grid.recordHouse', () => {
  it('records a batch: a root on the channel, entries with the parties', async () => {
    const { ledger, house } = await withHouse();
    const batch = await houseBatch(house, {
      entries: [...entriesAt(HOUSE_FROM_MS), givenFlow(house, HOUSE_FROM_MS + 3_000, undefined)],
    });
    const { writes } = await ledger.submit(call(batch.record));
    const record = writes.public[`houseBatch:${house.houseRef}:0000000001`] as Record<string, unknown>;
    assert.deepEqual(
      [record['entries'], record['merkleRoot'], record['untilMs'], record['recordedAtMs']],
      [5, batch.tree.root, HOUSE_FROM_MS + HOUR_MS, NOW_MS],
    );
    for (const secret of ['kitchen', 'peak price', 'car-1', 'storedWh'])
      assert.ok(!JSON.stringify(writes.public).includes(secret), secret);
    const next = { number: 2, previousHash: batch.headerHash, fromMs: HOUSE_FROM_MS + HOUR_MS };
    // The home utility's gateway may tell what the other one's did not.
    const second = await houseBatch(house, next);
    await ledger.submit(but(second.record, { caller: by('USALP', 'station') }));
    const again = await houseBatch(house, next);
    assert.equal(await ledger.refusal(call(again.record)), 'SEQUENCE_GAP');
  });

  it('refuses what is to come, what is out of its time or agreement, and bodies that are others', async () => {
    const { ledger, house } = await withHouse();
    const told = await houseBatch(house);
    const at = (fromMs: number) => houseBatch(house, { fromMs });
    const other = await houseBatch(house, { entries: entriesAt(HOUSE_FROM_MS + 5) });
    const cases = [
      ['ok', call(told.record)],
      ['CLOCK_SKEW', call((await at(NOW_MS)).record)],
      // Before the house was registered its panel had no key either.
      ['BAD_SIGNATURE', call((await at(SET_UP_MS - 2 * HOUR_MS)).record)],
      ['NOT_FOUND', call((await houseBatch(makeHouse('unknown'))).record)],
      ['NOT_BALANCED', call((await houseBatch(house, { header: { gridInWh: 699n } })).record)],
      ['INVALID_ARGUMENT', call((await houseBatch(house, { header: { number: 2 } })).record)],
      ['HASH_MISMATCH', but(told.record, { transient: { entries: other.record.transient.entries } })],
      ['HASH_MISMATCH', but(told.record, { transient: { header: other.record.transient.header } })],
      [
        'HASH_MISMATCH',
        but(told.record, { transient: (await houseBatch(makeHouse('h2'))).record.transient }),
      ],
      ['FORBIDDEN', but(told.record, { caller: by('USDUK', 'operator') })],
    ] as const;
    for (const [index, [code, asked]] of cases.entries())
      assert.equal(await ledger.refusal(asked), code, index.toString());
    amend(ledger, `house:${house.houseRef}`, { untilMs: HOUSE_FROM_MS + 1 });
    assert.equal(await ledger.refusal(call(told.record)), 'EXPIRED');
  });
});

describe('energy credits', () => {
  it('are earned by a car’s signed energy, and 2 kWh go from car A to car B once', async () => {
    const { ledger, creditId } = await withCredit();
    const holdings = () =>
      [...ledger.state]
        .filter(([key]) => key.startsWith('energyCredit:'))
        .sort()
        .map(([, text]) => energyCreditRecord.parse(JSON.parse(text)))
        .map(({ fromWh, toWh, holder }) => [toWh - fromWh, holder]);
    const [a, b] = [creditHolder(carA.jwk), creditHolder(carB.jwk)];
    assert.deepEqual(holdings(), [[2_000n, a]]);
    const told = await creditMoveCall(carA, carB, 'm1', [partOf(creditId, 0n, 2_000n)]);
    const once = { ...told, command: { commandId: 'm1', ...told.command } };
    await ledger.submit(call(once));
    assert.deepEqual(holdings(), [[2_000n, b]]);
    // Told again it is the answer of the first time; under another command it is refused.
    await ledger.submit(call(once));
    assert.equal(await ledger.refusal(call(told)), 'CONFLICT');
    assert.deepEqual(holdings(), [[2_000n, b]]);
  });

  it('are of roles that tell for others, of whole holdings, and of one of them once in an order', async () => {
    const { ledger, creditId, grant } = await withCredit();
    const part = partOf(creditId, 0n, 10n);
    const cases = [
      ['CONFLICT', await creditMoveCall(carA, carB, 'm1', [part, part])],
      ['NOT_FOUND', await creditMoveCall(carA, carB, 'm1', [partOf(creditId, 0n, 10n, 5n)])],
      ['INVALID_ARGUMENT', await creditMoveCall(carA, carA, 'm1', [part])],
      ['FORBIDDEN', { ...(await creditMoveCall(carA, carB, 'm1', [part])), caller: by('USGPC', 'auditor') }],
      ['FORBIDDEN', { ...grant, caller: by('USGPC', 'aaa') }],
    ] as const;
    for (const [code, told] of cases) assert.equal(await ledger.refusal(call(told)), code);
  });

  it('stay as much as was earned, each Wh in one holding, whoever moves what', async () => {
    const cars = [carA, carB, carC];
    const step = fc.record({
      ...{ owner: fc.nat({ max: 2 }), to: fc.nat({ max: 2 }), pick: fc.nat() },
      ...{ from: fc.nat({ max: 2_000 }), until: fc.nat({ max: 2_000 }) },
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const { ledger, creditId } = await withCredit();
        const all = () =>
          [...ledger.state]
            .filter(([key]) => key.startsWith('energyCredit:'))
            .sort()
            .map(([, text]) => energyCreditRecord.parse(JSON.parse(text)));
        for (const [at, { owner, to, pick, from, until }] of steps.entries()) {
          const held = all();
          const holding = held[pick % held.length] ?? assert.fail();
          const part = partOf(creditId, BigInt(from), BigInt(until), holding.fromWh);
          const [signer, other] = [cars[owner] ?? carA, cars[to] ?? carA];
          const told = call(await creditMoveCall(signer, other, `m${at}`, [part]));
          if ((await ledger.refusal(told)) !== 'ok') continue;
          assert.equal(holding.holder, creditHolder(signer.jwk), 'nobody moves what is another’s');
          await ledger.submit(told);
          let reached = 0n;
          for (const { fromWh, toWh } of all()) {
            assert.ok(fromWh === reached && toWh > fromWh);
            reached = toWh;
          }
          assert.equal(reached, 2_000n);
        }
      }),
      { numRuns: 60 },
    );
  });
});
