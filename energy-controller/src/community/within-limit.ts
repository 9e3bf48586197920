import {
  plan,
  type Claim,
  type Horizon,
  type Plan,
  type PowerState,
  type Solver,
} from '@roamgrid/domain/power';
import { LANES } from './register.ts';
import type { ByPhase, PlanAsk } from './walk.ts';

const idOf = (lane: number): string => `not-ours-${lane + 1}`;

/** A house's state with what it may not take of its connection as a load that is there, W by phase. */
export const reserved = (state: PowerState, limitW: readonly bigint[]): PowerState => {
  const connection = state.tree.nodes[0];
  if (connection === undefined) return state;
  const taken = limitW.map((laneW, lane): Claim => {
    const hardW = connection.hardW[lane] ?? 0n;
    const notOursW = hardW > laneW ? hardW - laneW : 0n;
    return {
      ...{
        claimId: idOf(lane),
        kind: 'circuit',
        nodeId: connection.node.nodeId,
        lanes: [lane],
        arrivedMs: 0,
      },
      ...{ minW: notOursW, maxW: notOursW, runningW: notOursW, preemptible: false, priority: 0 },
    };
  });
  return {
    ...state,
    claims: [...taken, ...state.claims.filter(({ claimId }) => !claimId.startsWith('not-ours-'))],
  };
};

const lanesOf = (lanes: readonly number[] | undefined): readonly number[] =>
  lanes ?? Array.from({ length: LANES }, (_, lane) => lane);

const mean = (values: readonly bigint[]): bigint =>
  values.reduce((sum, value) => sum + value, 0n) / BigInt(Math.max(1, values.length));

/** A horizon in which charging on a phase looks dearer where it is scarce, by the mean of the claim's phases, rounded down. */
const scarcely = (state: PowerState, horizon: Horizon, scarce: ByPhase<bigint>): Horizon => {
  const chargeMicrosPerKWh = Object.fromEntries(
    state.claims
      .filter(({ kind }) => kind === 'charge')
      .map(({ claimId, lanes }) => [
        claimId,
        Array.from({ length: horizon.slots }, (_, slot) =>
          mean(lanesOf(lanes).map((lane) => scarce[lane]?.[slot] ?? 0n)),
        ),
      ]),
  );
  return { ...horizon, forecast: { ...horizon.forecast, chargeMicrosPerKWh } };
};

/** The plan of the power core within limits by phase and slot. */
export const planWithin = (
  state: PowerState,
  horizon: Horizon,
  { startMs, limitW, scarceMicrosPerKWh }: PlanAsk,
  solver: Solver,
): Promise<Plan> => {
  const hardW = state.tree.nodes[0]?.hardW ?? [];
  const loadW = Object.fromEntries(
    limitW.map((slots, lane) => [
      idOf(lane),
      slots.map((laneW) => ((hardW[lane] ?? 0n) > laneW ? (hardW[lane] ?? 0n) - laneW : 0n)),
    ]),
  );
  const within = scarcely(
    state,
    { ...horizon, forecast: { ...horizon.forecast, loadW: { ...horizon.forecast.loadW, ...loadW } } },
    scarceMicrosPerKWh,
  );
  return plan(
    reserved(
      state,
      limitW.map(([first]) => first ?? 0n),
    ),
    within,
    startMs,
    solver,
  );
};

/** What a plan takes of the connection by phase and slot, W, each part of a claim rounded up. */
export const takenBy = (plan: Plan, state: PowerState, horizon: Horizon): ByPhase<bigint> =>
  Array.from({ length: LANES }, (_, lane) =>
    Array.from({ length: horizon.slots }, (__, slot) => {
      const part = (totalW: bigint, lanes: readonly number[] | undefined): bigint => {
        const count = BigInt(lanesOf(lanes).length);
        return lanesOf(lanes).includes(lane) ? (totalW + count - 1n) / count : 0n;
      };
      const loadsW = state.claims.reduce((sum, { claimId, kind, lanes, runningW = 0n }) => {
        if (kind !== 'circuit') return sum + part(plan.slots[slot]?.chargesW[claimId] ?? 0n, lanes);
        const expected = horizon.forecast.loadW?.[claimId];
        return sum + part(expected?.[Math.min(slot, expected.length - 1)] ?? runningW, lanes);
      }, 0n);
      const fed = plan.slots[slot]?.batteriesW ?? {};
      return state.sources.reduce(
        (sum, { sourceId, lanes }) => sum - part(fed[sourceId] ?? 0n, lanes),
        loadsW,
      );
    }),
  );
