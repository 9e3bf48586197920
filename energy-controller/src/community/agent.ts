import { createHash, randomUUID, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { bitsFor, sumOfClaims } from './claims.ts';
import { newSessionKey } from './envelope.ts';
import { signedOf } from './field.ts';
import { agreed, heldUntil, stepsAt, type Bound, type KeptLimits } from './limits.ts';
import { Post } from './post.ts';
import { freeSteps, LANES, registerHash, type CommunityRegister, type Member } from './register.ts';
import { NotAgreed, Session, type Kept } from './session.ts';
import { LEAST_HOUSES } from './shares.ts';
import { Walk, type ByPhase, type HousePlanner, type Wish } from './walk.ts';

export interface AgentParts {
  readonly houseId: string;
  /** Its private Ed25519 key. */
  readonly key: KeyObject;
  readonly register: CommunityRegister;
  readonly planner: HousePlanner;
  /** How long it waits for the others in each phase, ms. */
  readonly timeoutMs: number;
  readonly nowMs: () => number;
  /** What it held before it was started; undefined where that is lost. */
  readonly kept: KeptLimits | undefined;
  /** Kept for good before it is said. */
  readonly keep: (kept: KeptLimits) => Promise<void>;
}

export type Agreed =
  | { readonly status: 'agreed'; readonly startMs: number; readonly houses: readonly string[] }
  | { readonly status: 'kept'; readonly why: Kept; readonly detail: string };

const hello = z.strictObject({
  nonce: z.string().max(64),
  sessionKey: z.base64().max(200),
  heldUntilMs: z.record(z.string(), z.int().min(0)),
});
type Hello = z.output<typeof hello>;
const names = z.array(z.string()).max(64);

const read = <T>(schema: z.ZodType<T>, body: Uint8Array | undefined): T | undefined => {
  if (body === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(Buffer.from(body).toString()));
  } catch {
    return undefined;
  }
};

/**
 * The agent of a house in a community. At the same times by their clocks all agents call `agree`; `limitW` is what the house may take
 * by phase. Without an agreement that is its static part. Spec: HOME-9, HOME-4, ISO/IEC 15067-3-30 (cooperating agents).
 */
export class CommunityAgent {
  readonly #parts: AgentParts;
  readonly #post: Post;
  readonly #self: Member;
  #kept: KeptLimits;
  #last = -1;
  /** What it had in mind in the last agreement, also for slots that are not agreed on yet. */
  #meant: { readonly startMs: number; readonly steps: ByPhase<bigint> } | undefined;

  /** @throws RangeError when the register does not name the house */
  constructor(parts: AgentParts) {
    const { register, houseId, nowMs } = parts;
    const self = register.members.find((member) => member.houseId === houseId);
    if (self === undefined) throw new RangeError(`${houseId} is not in the register of the community`);
    this.#parts = parts;
    this.#self = self;
    this.#post = new Post(parts);
    // Who forgot what was agreed takes it that everybody may hold something for as long as an agreement lasts.
    const forgottenMs = nowMs() + (register.boundSlots + 1) * register.slotMs;
    this.#kept = parts.kept ?? {
      bounds: [],
      heldUntilMs: Object.fromEntries(register.members.map((member) => [member.houseId, forgottenMs])),
    };
  }

  listen(port: number): Promise<string> {
    return this.#post.listen(port);
  }

  close(): Promise<void> {
    return this.#post.close();
  }

  /** What the house may take by phase now, W. */
  limitW(atMs: number): readonly bigint[] {
    const { slackMs, stepW } = this.#parts.register;
    return this.#self.staticW.map(
      (staticW, lane) => staticW + stepsAt(this.#kept, lane, atMs, slackMs) * stepW,
    );
  }

  /** What it can count on to plan with, W: what it may take, later what it had in mind in the last agreement. */
  meantW(atMs: number): readonly bigint[] {
    const { slotMs, stepW } = this.#parts.register;
    const { startMs, steps } = this.#meant ?? { startMs: 0, steps: [] };
    return this.limitW(atMs).map((limitW, lane) => {
      const meant = steps[lane]?.[Math.floor((atMs - startMs) / slotMs)] ?? 0n;
      const isBound = atMs < this.heldUntilMs(this.#self.houseId);
      return isBound ? limitW : (this.#self.staticW[lane] ?? 0n) + meant * stepW;
    });
  }

  /** Agrees with whoever is there. The number of an agreement rises, as the time by the clock does. Never throws for what others do. */
  async agree(agreement: number): Promise<Agreed> {
    try {
      if (agreement <= this.#last)
        throw new NotAgreed('AGREEMENT_OLD', `${this.#last} was the last agreement`);
      this.#last = agreement;
      return await this.#agree(agreement);
    } catch (error) {
      if (!(error instanceof NotAgreed)) throw error;
      return { status: 'kept', why: error.code, detail: error.message };
    } finally {
      this.#post.endOf(this.#last);
    }
  }

  async #agree(agreement: number): Promise<Agreed> {
    const { register, nowMs } = this.#parts;
    const own = newSessionKey();
    const hellos = await this.#greet(agreement, {
      nonce: randomUUID(),
      sessionKey: own.publicKey,
      heldUntilMs: this.#kept.heldUntilMs,
    });
    const houses = await this.#settleWho(agreement, [...hellos.keys()].sort());
    const present = houses.map((house) => [house, hellos.get(house)] as const);
    const session = new Session(
      {
        post: this.#post,
        agreement,
        session: createHash('sha256')
          .update(JSON.stringify([registerHash(register), agreement, present]))
          .digest('hex'),
        houses,
        self: this.#self.houseId,
        timeoutMs: this.#parts.timeoutMs,
      },
      own,
      new Map(present.map(([house, said]) => [house, said?.sessionKey ?? ''])),
    );
    const { slotMs, plannedSlots, boundSlots } = register;
    const startMs = Math.ceil((agreement + 1) / slotMs) * slotMs;
    const awayUntilMs = Math.max(
      ...register.members
        .filter(({ houseId }) => !houses.includes(houseId))
        .flatMap(({ houseId }) => present.map(([, said]) => said?.heldUntilMs[houseId] ?? 0)),
      startMs,
    );
    const frozenSlots = Math.min(plannedSlots, Math.ceil((awayUntilMs - startMs) / slotMs));
    const walk = new Walk({
      ...{ register, planner: this.#parts.planner, staticW: this.#self.staticW, startMs, frozenSlots },
      ...{ place: houses.indexOf(this.#self.houseId), houses: houses.length },
      held: (lane, slot) => stepsAt(this.#kept, lane, startMs + (slot + 0.5) * slotMs, register.slackMs),
    });
    const claim = await this.#walk(session, walk, frozenSlots);
    const last = Math.min(plannedSlots, frozenSlots + boundSlots);
    const steps = claim.map((slots) => slots.slice(frozenSlots, last));
    await this.#claim(session, steps);
    const bound: Bound = {
      ...{ agreement, startMs: startMs + frozenSlots * slotMs, slotMs, steps, houses, isWhole: false },
    };
    this.#meant = { startMs, steps: claim };
    await this.#hold(agreed(this.#kept, bound, nowMs()));
    await session.say('agreed', () => Buffer.from('agreed'));
    await this.#hold(agreed(this.#kept, { ...bound, isWhole: true }, nowMs()));
    return { status: 'agreed', startMs: bound.startMs, houses };
  }

  async #hold(kept: KeptLimits): Promise<void> {
    await this.#parts.keep(kept);
    this.#kept = kept;
  }

  /** Hears who is there. */
  async #greet(agreement: number, own: Hello): Promise<ReadonlyMap<string, Hello>> {
    const said = await this.#tell(
      agreement,
      'hello',
      this.#parts.register.members.map(({ houseId }) => houseId),
      own,
    );
    const heard = [...said].map(([house, body]) => [house, read(hello, body)] as const);
    return new Map([
      [this.#self.houseId, own],
      ...heard.flatMap(([house, one]) => (one === undefined ? [] : [[house, one] as const])),
    ]);
  }

  /** The houses that all of them hear. */
  async #settleWho(agreement: number, heard: readonly string[]): Promise<readonly string[]> {
    const said = await this.#tell(agreement, 'who', heard, heard);
    const lists = [...said].map(([house, body]) => [house, read(names, body)] as const);
    const answered = new Set([
      this.#self.houseId,
      ...lists.flatMap(([house, list]) => (list === undefined ? [] : [house])),
    ]);
    const houses = heard.filter(
      (house) => answered.has(house) && lists.every(([, list]) => list?.includes(house) !== false),
    );
    if (houses.length < LEAST_HOUSES)
      throw new NotAgreed(
        'TOO_FEW_HOUSES',
        `${houses.length} houses hear each other, ${LEAST_HOUSES} are needed`,
      );
    return houses;
  }

  async #tell(
    agreement: number,
    phase: string,
    houses: readonly string[],
    what: unknown,
  ): Promise<ReadonlyMap<string, Uint8Array | undefined>> {
    const { timeoutMs } = this.#parts;
    const others = houses.filter((house) => house !== this.#self.houseId);
    const message = { agreement, session: '', phase };
    const body = Buffer.from(JSON.stringify(what));
    const heard = await Promise.all(
      others.map(async (house) => {
        // Whoever cannot be reached is away: nobody waits for it.
        const gone = new AbortController();
        const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(timeoutMs)]);
        const [said] = await Promise.all([
          this.#post.receive(message, house, signal),
          this.#post.send(house, message, body, timeoutMs).then((arrived) => {
            if (!arrived) gone.abort();
          }),
        ]);
        return [house, said] as const;
      }),
    );
    return new Map(heard);
  }

  /** Rounds of wishes; what the cheapest of them that fits comes to, with a share of what is left. */
  async #walk(session: Session, walk: Walk, frozenSlots: number): Promise<ByPhase<bigint>> {
    const { rounds, plannedSlots } = this.#parts.register;
    let best: { readonly wish: Wish; readonly sum: ByPhase<bigint>; readonly cost: bigint } | undefined;
    for (let round = 0; round < rounds; round += 1) {
      const wish = await walk.wish();
      // Of slots in which a house that is away holds something nothing is said: the sum would tell what.
      const told = wish.steps.flatMap((slots) =>
        slots.map((steps, slot) => (slot < frozenSlots ? 0n : steps)),
      );
      const all = (await session.sum(`wish-${round}`, [...told, wish.costMicros])).map(signedOf);
      const sum = Array.from({ length: LANES }, (_, lane) =>
        all.slice(lane * plannedSlots, (lane + 1) * plannedSlots),
      );
      const cost = all.at(-1) ?? 0n;
      if (walk.fits(sum) && (best === undefined || cost < best.cost)) best = { wish, sum, cost };
      walk.heard(wish, sum);
    }
    if (best === undefined)
      throw new NotAgreed('CLAIMS_ABOVE_CONNECTION', 'no wishes fit into the connection');
    return walk.claim(best.wish, best.sum);
  }

  async #claim(session: Session, steps: ByPhase<bigint>): Promise<void> {
    const { register } = this.#parts;
    const free = steps.flatMap((slots, lane) => slots.map(() => freeSteps(register, lane)));
    const width = bitsFor(free.reduce((most, one) => (one > most ? one : most), 0n));
    const sum = await sumOfClaims(session, steps.flat(), width);
    if (sum.some((claimed, at) => claimed > (free[at] ?? 0n)))
      throw new NotAgreed('CLAIMS_ABOVE_CONNECTION', 'the houses claim more than the connection has');
  }

  /** Until when this house takes it that one may hold something that was agreed. */
  heldUntilMs(houseId: string): number {
    return heldUntil(this.#kept, houseId);
  }
}
