import { plan, type Plan, type Solver } from '@roamgrid/domain/power';
import type { HomePlanMessage } from '@roamgrid/wire';
import { horizonOf, type HomeScene } from './form-home.ts';

/** What is told of a plan, besides what had it made. */
export type MadePlan = Pick<HomePlanMessage, 'decidedBy' | 'why' | 'slots' | 'shortfall' | 'caps'>;

const MS_PER_HOUR = 3_600_000n;
const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
const positive = (value: bigint): bigint => (value > 0n ? value : 0n);

/** What cars lack at the end of what is planned for them, Wh rounded up. */
const shortfallOf = (
  { state, config, startMs }: HomeScene,
  { slots }: Plan,
): HomePlanMessage['shortfall'] => {
  const untilMs = startMs + config.slots * config.slotMs;
  return state.claims.flatMap(({ claimId, kind, needWh, deadlineMs, sourceId }) => {
    if (kind !== 'charge' || needWh === undefined || deadlineMs === undefined || deadlineMs > untilMs)
      return [];
    const within = slots.filter(({ startMs: beginMs }) => beginMs < deadlineMs);
    const given = sum(within.map(({ chargesW }) => chargesW[claimId] ?? 0n));
    const taken =
      sourceId === undefined ? 0n : sum(within.map(({ batteriesW }) => batteriesW[sourceId] ?? 0n));
    const comes = (given - taken) * BigInt(config.slotMs);
    const missingWh = positive(needWh * MS_PER_HOUR - comes + MS_PER_HOUR - 1n) / MS_PER_HOUR;
    // What rounding to whole amperes keeps back is no lack.
    return missingWh * 100n > needWh ? [{ claimId, missingWh }] : [];
  });
};

/** Plans a house from the slot on that `startMs` begins. */
export const planHome = async (scene: HomeScene, solver: Solver): Promise<MadePlan> => {
  const { state, startMs, prices, expected, caps } = scene;
  const made = await plan(state, horizonOf(scene), startMs, solver);
  const shown = expected[0];
  const slots = made.slots.map(({ startMs: beginMs, endMs, chargesW, batteriesW }, at) => {
    const { microsPerKWh = 0n, tariff } = prices[at] ?? {};
    const loadW = shown?.loadW[Math.min(at, shown.loadW.length - 1)] ?? 0n;
    const solarW = shown?.solarW[Math.min(at, shown.solarW.length - 1)] ?? 0n;
    const takenW = loadW + sum(Object.values(chargesW));
    return {
      ...{ startMs: beginMs, endMs, priceMicrosPerKWh: microsPerKWh, loadW, solarW },
      ...{ chargesW: { ...chargesW }, batteriesW: { ...batteriesW } },
      gridW: positive(takenW - solarW - sum(Object.values(batteriesW))),
      ...(tariff !== undefined && { tariff }),
    };
  });
  const why =
    made.why === undefined ? undefined : `${made.why}${made.detail === undefined ? '' : `: ${made.detail}`}`;
  return {
    ...{ decidedBy: made.decidedBy, slots, caps: [...caps] },
    shortfall: made.decidedBy === 'plan' ? shortfallOf(scene, made) : [],
    ...(why !== undefined && { why: why.slice(0, 500) }),
  };
};
