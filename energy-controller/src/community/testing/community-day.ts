import { generateKeyPairSync } from 'node:crypto';
import { allocatePlanned, formPlan, type Plan, type PowerState, type Solver } from '@roamgrid/domain/power';
import { CommunityAgent, type Agreed } from '../agent.ts';
import type { KeptLimits } from '../limits.ts';
import { communityRegister, LANES } from '../register.ts';
import { planWithin, reserved, takenBy } from '../within-limit.ts';
import {
  CONNECTION_W,
  FIRST_MS,
  horizonOf,
  MINUTES,
  priceAt,
  SLOT_MS,
  SLOTS,
  stateOf,
  type PlayedHouse,
} from './houses.ts';
import { TappedLine } from './tapped.ts';

const MINUTE_MS = 60_000;
const STATIC_W = 1_000n;
/** Watt-minutes times micros a kWh, as micros: rounded down. */
const microsOf = (wattMinutesMicros: bigint): bigint => wattMinutesMicros / 60_000n;

export interface CommunityDay {
  readonly capture: Buffer;
  /** Most on any phase at any minute, and minutes in which a phase was above what it carries, W. */
  readonly peakW: bigint;
  readonly overMinutes: number;
  readonly costMicros: bigint;
  readonly knowingAllMicros: bigint;
  readonly departuresMissed: number;
  readonly outcomes: readonly Agreed[];
}

/** The least that charging costs with all houses known, before anything is rounded. */
const jointCost = async (houses: readonly PlayedHouse[], solver: Solver): Promise<bigint> => {
  const formed = formPlan(stateOf(houses, new Map()), horizonOf(houses, 0, SLOTS), FIRST_MS);
  const answer = await solver(formed.model);
  if (answer.status === 'failed') throw new Error(`no plan that knows all: ${answer.detail}`);
  let cost = 0n;
  for (const { columns } of formed.charges)
    for (const [slot, column] of columns.entries())
      cost += BigInt(Math.round(answer.values[column ?? -1] ?? 0)) * 15n * priceAt(slot);
  return microsOf(cost);
};

/** A house that plays its day and agrees with the others by its agent. */
class LivingHouse {
  readonly line = new TappedLine();
  readonly keys = generateKeyPairSync('ed25519');
  readonly house: PlayedHouse;
  #agent: CommunityAgent | undefined;
  #plan: Plan | undefined;
  #kept: KeptLimits | undefined;
  /** Watt-minutes that its car has. */
  charged = 0n;
  readonly #solver: Solver;

  constructor(house: PlayedHouse, solver: Solver) {
    this.house = house;
    this.#solver = solver;
  }

  get agent(): CommunityAgent {
    if (this.#agent === undefined) throw new Error('the agent does not run');
    return this.#agent;
  }

  get #left(): ReadonlyMap<string, bigint> {
    const leftWh = this.house.car.needWh - this.charged / 60n;
    return new Map([[this.house.houseId, leftWh > 0n ? leftWh : 0n]]);
  }

  get isMissed(): boolean {
    return (this.#left.get(this.house.houseId) ?? 0n) > 0n;
  }

  async start(register: object, nowMs: () => number): Promise<void> {
    const own = (startMs: number): readonly [PowerState, ReturnType<typeof horizonOf>] => [
      stateOf([this.house], this.#left),
      horizonOf([this.house], Math.round((startMs - FIRST_MS) / SLOT_MS), SLOTS),
    ];
    this.#agent = new CommunityAgent({
      ...{ houseId: this.house.houseId, key: this.keys.privateKey, timeoutMs: 60_000, nowMs },
      register: communityRegister.parse(register),
      kept: this.#kept,
      keep: (kept) => Promise.resolve(void (this.#kept = kept)),
      planner: {
        plan: async (ask) => {
          const [state, horizon] = own(ask.startMs);
          const made = await planWithin(state, horizon, ask, this.#solver);
          const chargedW = made.slots.map(({ chargesW }) =>
            Object.values(chargesW).reduce((a, b) => a + b, 0n),
          );
          const wattMinutes = chargedW.reduce((sum, one) => sum + one * 15n, 0n);
          const lackingWh = (this.#left.get(this.house.houseId) ?? 0n) - wattMinutes / 60n;
          const first = Math.round((ask.startMs - FIRST_MS) / SLOT_MS);
          const costMicros = chargedW.reduce(
            (sum, one, slot) => sum + microsOf(one * 15n * priceAt(first + slot)),
            0n,
          );
          return {
            takenW: takenBy(made, state, horizon),
            costMicros: costMicros + (lackingWh > 0n ? lackingWh * 100_000n : 0n),
          };
        },
      },
    });
    this.line.leadTo(await this.#agent.listen(0));
  }

  /** Plans with what it can count on. */
  async replan(startMs: number): Promise<void> {
    const state = stateOf([this.house], this.#left);
    const horizon = horizonOf([this.house], Math.round((startMs - FIRST_MS) / SLOT_MS), SLOTS);
    const bySlot = Array.from({ length: SLOTS }, (_, slot) =>
      this.agent.meantW(startMs + (slot + 0.5) * SLOT_MS),
    );
    const byPhase = <T>(of: (lane: number, slot: number) => T) =>
      Array.from({ length: LANES }, (_, lane) => bySlot.map((__, slot) => of(lane, slot)));
    const ask = {
      startMs,
      limitW: byPhase((lane, slot) => bySlot[slot]?.[lane] ?? 0n),
      scarceMicrosPerKWh: byPhase(() => 0n),
    };
    this.#plan = await planWithin(state, horizon, ask, this.#solver);
  }

  /** Lives a minute within its limit; what it takes by phase, W. */
  live(minute: number): { readonly takenW: readonly bigint[]; readonly carW: bigint } {
    const atMs = FIRST_MS + minute * MINUTE_MS;
    const { loadW, car } = this.house;
    let grants: ReturnType<typeof allocatePlanned>['grants'] = [];
    if (atMs >= car.fromMs && atMs < car.untilMs && this.#plan?.decidedBy === 'plan') {
      const state = stateOf([this.house], this.#left, (_, lane) => loadW[lane]?.[minute] ?? 0n);
      grants = allocatePlanned(reserved(state, this.agent.limitW(atMs)), this.#plan, atMs).grants;
    }
    const granted = grants.find(({ claimId }) => claimId === `${this.house.houseId}-car`);
    const carLanesW = granted?.laneW ?? [];
    const carW = carLanesW.reduce((sum, one) => sum + one, 0n);
    this.charged += carW;
    return { takenW: loadW.map((ofLane, lane) => (ofLane[minute] ?? 0n) + (carLanesW[lane] ?? 0n)), carW };
  }
}

/** A day of houses that agree over sockets every so often; `before` may cut lines before an agreement. Measured by the minute. */
export const communityDay = async (
  played: readonly PlayedHouse[],
  solver: Solver,
  {
    everyMinutes,
    rounds,
    before = () => undefined,
  }: {
    readonly everyMinutes: number;
    readonly rounds: number;
    readonly before?: (turn: number, lines: readonly TappedLine[]) => void;
  },
): Promise<CommunityDay> => {
  const houses = played.map((house) => new LivingHouse(house, solver));
  const members = [];
  for (const { house, keys, line } of houses)
    members.push({
      houseId: house.houseId,
      publicKey: keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
      url: await line.listen(),
      staticW: [STATIC_W, STATIC_W, STATIC_W].map(String),
    });
  const register = { communityId: 'lane-4', connectionW: CONNECTION_W.map(String), rounds, members };
  let nowMs = FIRST_MS - MINUTE_MS;
  const outcomes: Agreed[] = [];
  let [peakW, overMinutes, cost] = [0n, 0, 0n];
  try {
    for (const house of houses) await house.start(register, () => nowMs);
    for (let minute = 0; minute < MINUTES; minute += 1) {
      if (minute % everyMinutes === 0) {
        nowMs = FIRST_MS + (minute - 1) * MINUTE_MS;
        before(
          minute / everyMinutes,
          houses.map(({ line }) => line),
        );
        // A house whose line is cut is away: its agent does not run.
        const there = houses.filter(({ line }) => !line.isCut);
        outcomes.push(...(await Promise.all(there.map(({ agent }) => agent.agree(nowMs)))));
        await Promise.all(houses.map((house) => house.replan(FIRST_MS + minute * MINUTE_MS)));
      }
      const lived = houses.map((house) => house.live(minute));
      const sums = CONNECTION_W.map((_, lane) =>
        lived.reduce((sum, { takenW }) => sum + (takenW[lane] ?? 0n), 0n),
      );
      if (sums.some((sumW, lane) => sumW > (CONNECTION_W[lane] ?? 0n))) overMinutes += 1;
      for (const sumW of sums) if (sumW > peakW) peakW = sumW;
      const carsW = lived.reduce((sum, { carW }) => sum + carW, 0n);
      cost += carsW * priceAt(Math.floor(minute / 15));
    }
    return {
      capture: Buffer.concat(houses.flatMap(({ line }) => line.heard)),
      ...{
        peakW,
        overMinutes,
        costMicros: microsOf(cost),
        knowingAllMicros: await jointCost(played, solver),
      },
      departuresMissed: houses.filter(({ isMissed }) => isMissed).length,
      outcomes,
    };
  } finally {
    for (const { agent, line } of houses) {
      await agent.close();
      await line.close();
    }
  }
};
