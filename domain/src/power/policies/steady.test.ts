import assert from 'node:assert/strict';
import fc from 'fast-check';
import { allocate, panelPolicy, steady, STEADY_START, type SteadyMemory, type Source } from '../index.ts';
import { claim, grid, HOUR_MS, MINUTE_MS, NOW, rail, stateOf } from '../testing/build.ts';

/** `ROAMGRID_PANEL_STEPS=1000000` for a long life, `ROAMGRID_LAWS_SEED` for another one. */
const STEPS = Number(process.env['ROAMGRID_PANEL_STEPS'] ?? 1_000);
const SEED = Number(process.env['ROAMGRID_LAWS_SEED'] ?? 1);
const STEP_MS = MINUTE_MS;
const RULES = {
  thresholdPermille: 800,
  backPermille: 50,
  dwellMs: 5 * MINUTE_MS,
  chargePpm: 20_000n,
};
const TREE = rail();
const POLICY = panelPolicy(RULES.thresholdPermille);

interface House {
  readonly demandPermille: number;
  readonly loadW: bigint;
  readonly holdsWh: Readonly<Record<'ess' | 'ev', bigint>>;
  readonly isOutage: boolean;
}

const FLOORS = { ess: 2_000n, ev: 8_000n } as const;
const CAPACITY = { ess: 10_000n, ev: 20_000n } as const;
const AVAILABLE = { ess: 3_000n, ev: 5_000n } as const;
const KINDS = ['ess', 'ev'] as const;

const battery = (kind: 'ess' | 'ev', storedWh: bigint): Source => ({
  ...{ sourceId: kind, kind, nodeId: 's1', availableW: AVAILABLE[kind] },
  store: { storedWh, capacityWh: CAPACITY[kind], floorWh: FLOORS[kind] },
});

const decideOn = (memory: SteadyMemory, house: House, nowMs: number) => {
  const steadied = steady(
    memory,
    {
      signals: { gridDemandPermille: house.demandPermille, outage: house.isOutage },
      sources: [grid(20_000n), ...KINDS.map((kind) => battery(kind, house.holdsWh[kind]))],
    },
    RULES,
    nowMs,
  );
  const state = stateOf({
    ...{
      tree: TREE,
      policy: POLICY,
      tickMs: STEP_MS,
      signals: steadied.signals,
      sources: steadied.sources,
    },
    claims: [
      claim('house', house.loadW, { kind: 'circuit' }),
      claim('v2h', 5_000n, { kind: 'discharge', sourceId: 'ev' }),
    ],
  });
  const { sourceShares } = allocate(state, nowMs);
  const of = (id: string): bigint => sourceShares.find(({ sourceId }) => sourceId === id)?.deliveredW ?? 0n;
  return { memory: steadied.memory, ess: of('ess'), ev: of('ev'), grid: of('grid') };
};

/** Draws that do not depend on chance: the same seed is the same life. */
const drawsOf = (seed: number) => {
  let state = BigInt(seed) & 0xffff_ffffn;
  return (below: number): number => {
    state = (state * 1_664_525n + 1_013_904_223n) & 0xffff_ffffn;
    return Number((state >> 8n) % BigInt(below));
  };
};

describe('a house that lives by its panel (PANEL-2)', function () {
  this.timeout(0);

  it(`crosses no floor, exceeds no source and does not flap in ${STEPS} steps, and is monotone at each`, () => {
    const draw = drawsOf(SEED);
    let memory = STEADY_START;
    let house: House = {
      ...{ demandPermille: 700, loadW: 2_000n, isOutage: false },
      holdsWh: { ess: 6_000n, ev: 12_000n },
    };
    let [nowMs, turns] = [NOW, 0];
    for (let step = 0; step < STEPS; step += 1, nowMs += STEP_MS) {
      const before = memory;
      const now = decideOn(before, house, nowMs);
      const said = JSON.stringify({ step, house, before, now }, (_, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      );
      for (const kind of KINDS) {
        const givenWh = (now[kind] * BigInt(STEP_MS) + BigInt(HOUR_MS) - 1n) / BigInt(HOUR_MS);
        assert.ok(now[kind] <= AVAILABLE[kind], said);
        assert.ok(now[kind] === 0n || house.holdsWh[kind] - givenWh >= FLOORS[kind] - 1n, said);
      }
      // More demand, more load, less in the car: with all else the same.
      const moreDemand = decideOn(
        before,
        { ...house, demandPermille: house.demandPermille + draw(400) },
        nowMs,
      );
      assert.ok(moreDemand.ess + moreDemand.ev >= now.ess + now.ev, said);
      const moreLoad = decideOn(before, { ...house, loadW: house.loadW + BigInt(draw(2_000)) }, nowMs);
      assert.ok(moreLoad.ess + moreLoad.ev >= now.ess + now.ev, said);
      for (const kind of KINDS) {
        const lessWh = house.holdsWh[kind] - BigInt(draw(4_000));
        const less = decideOn(
          before,
          { ...house, holdsWh: { ...house.holdsWh, [kind]: lessWh < 0n ? 0n : lessWh } },
          nowMs,
        );
        assert.ok(less[kind] <= now[kind], said);
      }
      // Nobody's turn ends before its time, but that of a battery that cannot go on.
      if (now.memory.isDemandHigh !== before.isDemandHigh) {
        turns += 1;
        assert.ok(nowMs - before.demandSinceMs >= RULES.dwellMs, said);
      }
      const led = before.leadingSourceId;
      if (led !== undefined && now.memory.leadingSourceId !== led) {
        turns += 1;
        const isSpent = now.memory.atEssentialFloor.includes(led);
        assert.ok(isSpent || nowMs - before.leadingSinceMs >= RULES.dwellMs, said);
      }
      memory = now.memory;
      house = lived(house, now, draw);
    }
    assert.ok(turns > 0, 'somebody took turns');
  });

  it('goes by a demand about its threshold no more often than once in its time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 700, max: 900 }), { minLength: 20, maxLength: 60 }),
        (demands) => {
          let memory = STEADY_START;
          const turns = demands.flatMap((demandPermille, at) => {
            const was = memory.isDemandHigh;
            ({ memory } = steady(
              memory,
              { signals: { gridDemandPermille: demandPermille }, sources: [] },
              RULES,
              NOW + at * STEP_MS,
            ));
            return memory.isDemandHigh === was ? [] : [at];
          });
          assert.ok(turns.every((at, index) => index === 0 || at - (turns[index - 1] ?? 0) >= 5));
        },
      ),
      { seed: SEED },
    );
  });
});

/** A minute later: batteries hold less by what they gave, or are charged by the sun; demand and load wander. */
const lived = (
  { demandPermille, loadW, holdsWh, isOutage }: House,
  given: Readonly<Record<'ess' | 'ev', bigint>>,
  draw: (below: number) => number,
): House => {
  const next = (kind: 'ess' | 'ev'): bigint => {
    const givenWh = (given[kind] * BigInt(STEP_MS)) / BigInt(HOUR_MS);
    const chargedWh = given[kind] === 0n ? BigInt(draw(3) === 0 ? draw(120) : 0) : 0n;
    const leftWh = holdsWh[kind] - givenWh + chargedWh;
    return leftWh > CAPACITY[kind] ? CAPACITY[kind] : leftWh;
  };
  const wandered = demandPermille + draw(61) - 30;
  const loadNextW = loadW + BigInt(draw(801) - 400);
  return {
    demandPermille: Math.min(1_200, Math.max(500, wandered)),
    loadW: loadNextW < 0n ? 0n : loadNextW > 12_000n ? 12_000n : loadNextW,
    holdsWh: { ess: next('ess'), ev: next('ev') },
    isOutage: isOutage ? draw(20) !== 0 : draw(500) === 0,
  };
};
