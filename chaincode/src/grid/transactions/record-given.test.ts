import assert from 'node:assert/strict';
import { allocate, growTree, PLAIN_POLICY, type Claim, type Source } from '@roamgrid/domain/power';
import { unwrap } from '@roamgrid/domain';
import { energyMicros, type AllocatedSlot } from '@roamgrid/wire';
import fc from 'fast-check';
import {
  allocation,
  CAR,
  computeCharge,
  FIRST_SLOT_MS,
  givenCharge,
  givingSlotAt,
  SITE_TREE,
  SLOT_MS,
  slotAt,
  type AllocationOptions,
} from '../../testing/allocations.ts';
import {
  AGREEMENT_ID,
  by,
  call,
  GIVEN_PRICE_MICROS,
  MONTH,
  MSP,
  sealedTerms,
  termsOf,
} from '../../testing/parties.ts';
import { amend, but, withGroundwork } from '../../testing/prepared.ts';

const HOUR_MS = 3_600_000n;
const giving = (over: Partial<AllocatedSlot> = {}): AllocationOptions => ({
  slots: [givingSlotAt(FIRST_SLOT_MS, over)],
});
const { sources, claims, grants, sourceShares } = givingSlotAt(FIRST_SLOT_MS);

describe('what cars gave to a site', () => {
  it('is recorded at the agreed price, and charged to the site’s utility by the cars’ one, beside what servers took', async () => {
    const ledger = await withGroundwork();
    const batch = allocation('a1', {
      slots: [givingSlotAt(FIRST_SLOT_MS), givingSlotAt(FIRST_SLOT_MS + SLOT_MS)],
    });
    const { writes } = await ledger.submit(call(batch.record));
    // 4 kWh at 0.15.
    assert.equal(batch.body.given?.totalMicros, 600_000n);
    assert.ok(!JSON.stringify(writes.public).includes(CAR));
    await ledger.submit(call(computeCharge('c1', [batch])));
    const told = givenCharge('g1', [batch]);
    assert.equal(await ledger.refusal(but(told, { caller: by('USDUK', 'aaa') })), 'FORBIDDEN');
    const dearer = givenCharge('g1', [batch], ({ given }) => (given?.totalMicros ?? 0n) + 1n);
    assert.equal(await ledger.refusal(call(dearer)), 'CDR_MISMATCH');
    const noted = (await ledger.submit(call(told))).writes;
    const payable = noted.private[`_implicit_org_${MSP.USDUK}/payable:g1`] as Record<string, string>;
    assert.deepEqual(
      [payable['creditor'], payable['debtor'], payable['payableMicros']],
      ['USALP', 'USDUK', '600000'],
    );
    const record = noted.public['allocation:a1'] as Record<string, string>;
    assert.deepEqual([record['chargeId'], record['givenChargeId']], ['c1', 'g1']);
    const { pending } = noted.public[`pairPeriod:${MONTH}:USALP:USDUK`] as { pending: string[] };
    assert.deepEqual(pending, ['charge:c1', 'charge:g1'], 'both are netted in one round');
    assert.equal(await ledger.refusal(call(givenCharge('g2', [batch]))), 'WRONG_STATE');
    assert.equal(await ledger.refusal(call(givenCharge('g2', [batch, batch]))), 'CONFLICT');
  });

  it('is refused above its share, of what is no car, at another sum, and without a price for it', async () => {
    const ledger = await withGroundwork();
    const [share = assert.fail()] = sourceShares;
    const ofBattery = {
      sources: sources.map((each) => ({ ...each, kind: 'ess' as const })),
      sourceShares: [{ ...share, kind: 'ess' as const }],
    };
    const car = { sourceId: CAR, givenWh: 1n };
    const [said = assert.fail()] = allocation('a1', giving()).body.given?.cars ?? [];
    const headed = (given: object): AllocationOptions => ({ ...giving(), header: { given: given as never } });
    const decided = { sources, claims, grants, sourceShares };
    const quiet = slotAt(FIRST_SLOT_MS);
    const cases: readonly (readonly [string, AllocationOptions])[] = [
      ['ok', giving()],
      ['NOT_BALANCED', giving({ cars: [{ sourceId: CAR, givenWh: 2_001n }] })],
      ['NOT_BALANCED', giving(ofBattery)],
      ['NOT_BALANCED', giving({ cars: [car, { sourceId: 'other', givenWh: 1n }] })],
      ['INVALID_ARGUMENT', giving({ cars: [car, car] })],
      ['NOT_BALANCED', headed({ cars: [{ ...said, givenWh: 1_999n }], totalMicros: said.micros })],
      ['NOT_BALANCED', headed({ cars: [said, { ...said, sourceId: 'x' }], totalMicros: 2n * said.micros })],
      ['NOT_BALANCED', headed({ cars: [said], totalMicros: said.micros + 1n })],
      ['CDR_MISMATCH', headed({ cars: [{ ...said, micros: said.micros + 1n }], totalMicros: said.micros })],
      // In the slot's own decision the grid is back; in another one of the slot the car gave.
      ['NOT_BALANCED', { slots: [{ ...quiet, cars: [{ sourceId: CAR, givenWh: 2_000n }] }] }],
      ['ok', { slots: [{ ...quiet, cars: [{ sourceId: CAR, givenWh: 2_000n }], carsBy: [decided] }] }],
      [
        'NOT_BALANCED',
        {
          slots: [
            {
              ...quiet,
              cars: [{ sourceId: CAR, givenWh: 2_000n }],
              carsBy: [{ ...decided, sourceShares: [{ ...share, deliveredW: 8_001n, laneW: [8_001n] }] }],
            },
          ],
        },
      ],
    ];
    for (const [at, [code, options]] of cases.entries())
      assert.equal(await ledger.refusal(call(allocation('a1', options).record)), code, at.toString());
    const { givenMicrosPerKWh: _none, ...terms } = termsOf();
    amend(ledger, `agreement:${AGREEMENT_ID}`, { termsHash: sealedTerms(terms).hash });
    const told = but(allocation('a1', giving()).record, { transient: { terms: sealedTerms(terms).text } });
    assert.equal(await ledger.refusal(told), 'OUTSIDE_AGREEMENT');
  });

  it('comes to what meters showed and no more, however a site’s power goes: what is owed one way and the other is what slots come to', async () => {
    const tree = unwrap(growTree(SITE_TREE.nodes, { volts: 230n, lanes: 1 }));
    /** As the power core divides it, with a car that may give and a grid that comes and goes. */
    const slotOf = (slotMs: number, gridW: bigint, consentW: bigint, part: bigint): AllocatedSlot => {
      const all: Source[] = [
        { sourceId: 'grid', kind: 'grid', nodeId: 'site', availableW: gridW },
        {
          ...{ sourceId: CAR, kind: 'ev', nodeId: 'outlet', availableW: 11_000n },
          store: { storedWh: 40_000n, capacityWh: 60_000n, floorWh: 10_000n },
        },
      ];
      const v2l = {
        claimId: 'v2l',
        kind: 'discharge',
        nodeId: 'outlet',
        maxW: consentW,
        sourceId: CAR,
      } as const;
      const job = { claimId: 'job', kind: 'compute', nodeId: 'rack', maxW: 30_000n } as const;
      const asked: Claim[] = [v2l, job].map((each) => ({ ...each, minW: 0n, arrivedMs: 0 }));
      const state = { tree, sources: all, claims: asked, signals: {}, policy: PLAIN_POLICY, tickMs: SLOT_MS };
      const made = allocate(state, slotMs);
      const energyOf = (watts: bigint): bigint => (watts * BigInt(SLOT_MS)) / HOUR_MS;
      const givenWh = energyOf(made.sourceShares.find(({ sourceId }) => sourceId === CAR)?.deliveredW ?? 0n);
      const takenWh = energyOf(made.grants.find(({ claimId }) => claimId === 'job')?.grantedW ?? 0n);
      return slotAt(slotMs, {
        sources: all,
        claims: asked.map(({ claimId, kind, nodeId, maxW }) => ({ claimId, kind, nodeId, maxW })),
        grants: made.grants.map(({ claimId, nodeId, grantedW, laneW }) => ({
          ...{ claimId, nodeId, grantedW, laneW: [...laneW] },
        })),
        sourceShares: made.sourceShares.map((each) => ({ ...each, laneW: [...each.laneW] })),
        serversWh: takenWh,
        cars: [{ sourceId: CAR, givenWh: (givenWh * part) / 100n }],
      });
    };
    const kw = (max: number) => fc.integer({ min: 0, max }).map((kilo) => BigInt(kilo) * 1_000n);
    const times = fc.array(fc.tuple(kw(30), kw(12), fc.bigInt({ min: 0n, max: 100n })), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(times, async (all) => {
        const ledger = await withGroundwork();
        const slots = all.map(([gridW, consentW, part], at) =>
          slotOf(FIRST_SLOT_MS + at * SLOT_MS, gridW, consentW, part),
        );
        const batch = allocation('a1', { slots });
        const [first = assert.fail(), ...rest] = slots;
        const mostWh = first.cars?.[0]?.givenWh ?? 0n;
        const shareW = first.sourceShares.find(({ kind }) => kind === 'ev')?.deliveredW ?? 0n;
        const overWh = (shareW * BigInt(SLOT_MS)) / HOUR_MS + 1n;
        const over = [{ ...first, cars: [{ sourceId: CAR, givenWh: overWh }] }, ...rest];
        assert.ok(mostWh < overWh);
        assert.equal(await ledger.refusal(call(allocation('a1', { slots: over }).record)), 'NOT_BALANCED');
        await ledger.submit(call(batch.record));
        const owed = async (told: ReturnType<typeof givenCharge>): Promise<bigint> => {
          const { writes } = await ledger.submit(call(told));
          const body = writes.private[`_implicit_org_${MSP.USDUK}/payable:${told.command.chargeId}`];
          return BigInt((body as { payableMicros: string }).payableMicros);
        };
        const toSite = await owed(computeCharge('c1', [batch]));
        const toCars = await owed(givenCharge('g1', [batch]));
        const sum = (of: (slot: AllocatedSlot) => bigint): bigint =>
          slots.reduce((total, slot) => total + of(slot), 0n);
        const givenWh = sum(({ cars = [] }) => cars[0]?.givenWh ?? 0n);
        const takenWh = sum(({ serversWh }) => serversWh);
        // Nothing else takes power there, and each slot is rounded down by less than a watt-hour.
        const gridWh = sum(
          ({ sourceShares: shares }) =>
            ((shares.find(({ kind }) => kind === 'grid')?.deliveredW ?? 0n) * BigInt(SLOT_MS)) / HOUR_MS,
        );
        assert.ok(givenWh <= takenWh - gridWh + BigInt(slots.length), `${givenWh} of ${takenWh} Wh`);
        assert.deepEqual(
          [toSite, toCars],
          [energyMicros(takenWh, 300_000n), energyMicros(givenWh, GIVEN_PRICE_MICROS)],
        );
      }),
      { numRuns: 12 },
    );
  });
});
