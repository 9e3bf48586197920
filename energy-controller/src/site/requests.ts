import { admit, checkModeRange, type Claim, type PowerState } from '@roamgrid/domain/power';
import type { SiteRequestAnswer, SiteRequestMessage } from '@roamgrid/wire';
import { controllerError } from '../problems.ts';
import { keepRequest, openRequests, requestById, type KeptRequest } from '../store/request-store.ts';
import { hashOf } from '../store/settings-store.ts';
import type { Db } from '../store/tables.ts';
import type { KeptClaim } from './scene.ts';
import type { SiteSpec } from './spec.ts';

/** How long an offer waits for an answer, ms. */
const OFFER_MS = 120_000;

export interface RequestDesk {
  readonly db: Db;
  readonly spec: SiteSpec;
  readonly nowMs: () => number;
  /** Of the last decision, with what was kept since. */
  readonly state: () => PowerState | undefined;
}

export interface AskedBy {
  readonly requestId: string;
  readonly operator: string;
}

const isOver = ({ untilMs }: KeptRequest, nowMs: number): boolean =>
  untilMs !== undefined && untilMs <= nowMs;

/** Requests for power beside what devices ask for by themselves, one after the other. Spec: SITE-2. */
export class Requests {
  readonly #desk: RequestDesk;
  #open: readonly KeptRequest[] = [];

  constructor(desk: RequestDesk) {
    this.#desk = desk;
  }

  async load(): Promise<void> {
    this.#open = await openRequests(this.#desk.db, this.#desk.spec.siteId);
  }

  /** Claims that are served because of requests. */
  get kept(): readonly KeptClaim[] {
    const nowMs = this.#desk.nowMs();
    return this.#open
      .filter((request) => request.answer.state === 'kept' && !isOver(request, nowMs))
      .map(({ loadId, claim }) => ({ loadId, claim }));
  }

  get open(): readonly KeptRequest[] {
    return this.#open.filter(({ answer }) => answer.state === 'kept');
  }

  /** Decides on a request; told again under the same id it gets its first answer. */
  async ask({ requestId, operator }: AskedBy, request: SiteRequestMessage): Promise<SiteRequestAnswer> {
    const { db, spec, nowMs: clock } = this.#desk;
    const hash = hashOf(wireOf(request));
    const known = await requestById(db, spec.siteId, requestId);
    if (known !== undefined) {
      if (known.hash !== hash) throw controllerError('REQUEST_CONFLICT', `${requestId} was another request`);
      return known.answer;
    }
    const nowMs = clock();
    const claim = this.#claimOf(requestId, request, nowMs);
    const answer = this.#decide(requestId, claim, request.isReservation === true, nowMs);
    await this.#keep({
      ...{ requestId, operator, hash, answer },
      askedAtMs: nowMs,
      untilMs: answer.state === 'offered' ? answer.answerUntilMs : claim.untilMs,
      loadId: request.loadId,
      // Who accepts an offer takes no more than was offered.
      claim: answer.outcome === 'partial' ? { ...claim, maxW: answer.watts } : claim,
    });
    return answer;
  }

  /** Accepts or declines what was offered. */
  async answer(requestId: string, accept: boolean): Promise<SiteRequestAnswer> {
    const request = await this.find(requestId);
    const { answer } = request;
    const state = accept ? 'kept' : 'declined';
    // Told again it is no other answer.
    if (answer.outcome === 'partial' && answer.state === state) return answer;
    if (answer.state !== 'offered' || isOver(request, this.#desk.nowMs()))
      throw controllerError('OFFER_OVER', `${requestId} is ${answer.state}`);
    const { answerUntilMs: _over, ...lasting } = answer;
    const next: SiteRequestAnswer = { ...lasting, state };
    await this.#keep({ ...request, untilMs: request.claim.untilMs, answer: next });
    return next;
  }

  /** Gives back what was granted; also when it is over already. */
  async release(requestId: string): Promise<SiteRequestAnswer> {
    const request = await this.find(requestId);
    const { answer } = request;
    if (answer.state !== 'kept' && answer.state !== 'offered') return answer;
    const { answerUntilMs: _over, ...lasting } = answer;
    const next: SiteRequestAnswer = { ...lasting, state: 'released' };
    await this.#keep({ ...request, answer: next });
    return next;
  }

  async find(requestId: string): Promise<KeptRequest> {
    const request = await requestById(this.#desk.db, this.#desk.spec.siteId, requestId);
    if (request === undefined) throw controllerError('REQUEST_UNKNOWN', `there is no request ${requestId}`);
    return request;
  }

  /** Ends what is over by itself. */
  async expire(): Promise<void> {
    const nowMs = this.#desk.nowMs();
    for (const request of this.#open.filter((one) => isOver(one, nowMs))) {
      const { answerUntilMs: _over, ...lasting } = request.answer;
      await this.#keep({ ...request, answer: { ...lasting, state: 'expired' } });
    }
  }

  async #keep(request: KeptRequest): Promise<void> {
    await keepRequest(this.#desk.db, this.#desk.spec.siteId, request);
    await this.load();
  }

  #claimOf(requestId: string, { loadId, claim }: SiteRequestMessage, nowMs: number): Claim {
    const { spec, state } = this.#desk;
    const load = spec.loads.find((one) => one.loadId === loadId);
    if (load === undefined) throw controllerError('REQUEST_INVALID', `the site has no load ${loadId}`);
    const tree = state()?.tree;
    const place = tree?.byId.get(load.nodeId);
    if (place !== undefined && tree?.byId.get(claim.nodeId)?.path.includes(place.index) !== true)
      throw controllerError('REQUEST_INVALID', `${claim.nodeId} is not at ${loadId}: ${load.nodeId} is`);
    if (claim.minW > claim.maxW)
      throw controllerError('REQUEST_INVALID', `at least ${claim.minW} W is above at most ${claim.maxW} W`);
    if (claim.mode !== undefined) {
      const policy = state()?.policy;
      const range = policy && checkModeRange(policy.modeTable, claim.mode, claim.maxW);
      if (range?.ok === false) throw controllerError('REQUEST_INVALID', range.error.message);
    }
    return { ...claim, claimId: claim.claimId ?? requestId, arrivedMs: nowMs };
  }

  #decide(requestId: string, claim: Claim, isReservation: boolean, nowMs: number): SiteRequestAnswer {
    if (isReservation)
      return {
        ...{ requestId, state: 'kept', outcome: 'reserved' },
        ...{ watts: claim.maxW, residualW: 0n, losers: [] },
      };
    const state = this.#desk.state();
    if (state === undefined) throw controllerError('NOT_DECIDED', 'no decision was made yet');
    const admission = admit(state, claim, nowMs);
    const { residualW } = admission;
    switch (admission.outcome) {
      case 'granted':
        return {
          requestId,
          state: 'kept',
          outcome: 'granted',
          watts: admission.grantedW,
          residualW,
          losers: [],
        };
      case 'room-made':
        return {
          ...{ requestId, state: 'kept', outcome: 'room-made', watts: admission.grantedW, residualW },
          losers: admission.losers.map((loser) => ({ ...loser })),
        };
      case 'partial':
        return {
          ...{
            requestId,
            state: 'offered',
            outcome: 'partial',
            watts: admission.offeredW,
            residualW,
            losers: [],
          },
          answerUntilMs: nowMs + OFFER_MS,
        };
      case 'denied':
        return { requestId, state: 'denied', outcome: 'denied', watts: 0n, residualW, losers: [] };
    }
  }
}

/** Bigints as text, so that it has a hash. */
const wireOf = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? one.toString() : one)));
