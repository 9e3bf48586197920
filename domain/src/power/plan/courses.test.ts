import assert from 'node:assert/strict';
import {
  plan,
  type Claim,
  type Forecast,
  type Horizon,
  type Plan,
  type PowerState,
  type Source,
} from '../index.ts';
import { claim, grid, HOUR_MS, NOW, rail, stateOf } from '../testing/build.ts';
import { simplex } from '../testing/simplex.ts';

const SLOTS = 4;
/** Cheap for an hour, dear for three. */
const priceMicrosPerKWh = [100_000n, 200_000n, 200_000n, 200_000n];

const battery: Source = {
  ...{ sourceId: 'battery', kind: 'ess', nodeId: 's1', availableW: 8_000n },
  store: { storedWh: 1_000n, capacityWh: 6_000n, floorWh: 1_000n },
};
const sun: Source = { sourceId: 'sun', kind: 'renewable', nodeId: 's1', availableW: 0n };
const stored = (claimId: string, more: Partial<Claim> = {}): Claim =>
  claim(claimId, 8_000n, { sourceId: 'battery', needWh: 0n, mayStore: true, ...more });

const state = (claims: readonly Claim[]): PowerState =>
  stateOf({
    tree: rail({ totalW: 10_000n }, ['s1', 's2']),
    sources: [grid(10_000n), sun, battery],
    claims: [claim('house', 10_000n, { kind: 'circuit', nodeId: 's2', preemptible: false }), ...claims],
  });

const course = (sunW: bigint): Forecast => ({
  priceMicrosPerKWh,
  loadW: { house: [1_000n] },
  availableW: { sun: [0n, 0n, sunW, sunW] },
});

const horizon = (courses: readonly Forecast[], sharedSlots = 1): Horizon => ({
  ...{ slotMs: HOUR_MS, slots: SLOTS, forecast: {}, scenarios: courses, sharedSlots },
  weights: {
    ...{ unmetMicrosPerKWh: 10_000_000n, softMicrosPerKWh: 5_000_000n, peakMicrosPerKW: 0n, peakSoFarW: 0n },
    ...{ wearMicrosPerKWh: 1n, laterMicrosPerKWh: 1n },
  },
});

const planned = async (claims: readonly Claim[], over: Horizon): Promise<Plan> => {
  const made = await plan(state(claims), over, NOW, simplex);
  assert.equal(made.decidedBy, 'plan', `${made.why ?? ''} ${made.detail ?? ''}`);
  return made;
};
const chargedW = ({ slots }: Plan, claimId: string): readonly (bigint | undefined)[] =>
  slots.map(({ chargesW }) => chargesW[claimId]);

describe('a plan for a battery of the house', () => {
  it('fills it while it is cheap, as far as it is needed while it is dear, and asks for nothing back', async () => {
    const made = await planned([stored('store')], horizon([course(0n)]));
    assert.deepEqual(chargedW(made, 'store'), [3_000n, 0n, 0n, 0n]);
    assert.deepEqual(
      made.slots.map(({ batteriesW }) => batteriesW['battery']),
      [0n, 1_000n, 1_000n, 1_000n],
    );
  });

  it('fills nothing by a claim that may not store', async () => {
    const needed = claim('need', 8_000n, { sourceId: 'battery', needWh: 500n });
    const made = await planned([needed], horizon([course(0n)]));
    assert.deepEqual(chargedW(made, 'need'), [500n, 0n, 0n, 0n]);
  });

  it('has what it gave back by the deadline of a claim that has one', async () => {
    const car = stored('car', { needWh: 2_000n, deadlineMs: NOW + SLOTS * HOUR_MS });
    const made = await planned([car], horizon([course(0n)]));
    // Three for the house while it is dear, and two that its driver needs.
    assert.deepEqual(chargedW(made, 'car'), [5_000n, 0n, 0n, 0n]);
  });

  it('is fed of the sun alone, of what the house leaves, where a claim says so', async () => {
    const noon: Forecast = { ...course(0n), availableW: { sun: [0n, 0n, 2_500n, 0n] } };
    const made = await planned([stored('of-sun', { fromKinds: ['renewable'] })], horizon([noon]));
    assert.deepEqual(chargedW(made, 'of-sun'), [0n, 0n, 1_000n, 0n]);
  });
});

describe('a plan for courses of which nobody knows which one comes', () => {
  const courses = (dark: number, bright: number): readonly Forecast[] => [
    ...Array.from({ length: dark }, () => course(0n)),
    ...Array.from({ length: bright }, () => course(5_000n)),
  ];
  const boughtW = async (dark: number, bright: number): Promise<bigint | undefined> => {
    const both = [stored('store'), stored('of-sun', { fromKinds: ['renewable'] })];
    const made = await planned(both, horizon(courses(dark, bright)));
    return chargedW(made, 'store')[0];
  };

  it('buys beforehand what is likely to be needed: all where the sun is likelier not to come, else only until it comes', async () => {
    assert.equal(await boughtW(2, 1), 3_000n);
    assert.equal(await boughtW(1, 2), 1_000n);
    assert.equal(await boughtW(1, 0), 3_000n);
    assert.equal(await boughtW(0, 1), 1_000n);
  });
});
