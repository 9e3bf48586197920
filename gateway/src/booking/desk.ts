import { setTimeout as sleep } from 'node:timers/promises';
import {
  book,
  byBookingOrder,
  withMoves,
  type BookingAnswer as Decision,
  type BookingRequest,
  type Interval,
  type Move,
  type Station,
} from '@roamgrid/domain/power';
import {
  judgeReservation,
  type BookingAnswer,
  type BookingQuestion,
  type ReservationBody,
  type ShownReservation,
} from '@roamgrid/wire';
import type { Logger } from '@roamgrid/service-kit';
import { LedgerInvalid, LedgerRefusal } from '../ledger/errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { gatewayError } from '../problems.ts';
import { asProblem } from '../operator-api/ledger-problem.ts';
import { answerOf, decidedOf, refusedAnswer, takenOf } from './answers.ts';
import { intervalsFrom, reservedInterval, stationsFor, type CalendarContext } from './calendar.ts';
import { bodyOf, grantCommand, type Decided } from './form.ts';
import { keepMoves } from './moves.ts';
import { reservationOf } from './read.ts';
import { openWish, requestOf, type OpenedWish } from './wish.ts';

export interface DeskContext extends CalendarContext {
  readonly ledger: Ledger;
  readonly channel: string;
  readonly logger: Logger;
  readonly readUpTo: (blockNumber: bigint) => Promise<void>;
  readonly nowMs: () => number;
  /** Time that commands are proposed at: the contract judges by it. */
  readonly ledgerNowMs: () => number;
  /** Wishes that come within so long of one another are heard in the order of loyalty, ms. */
  readonly gatherMs: number;
}

/** How often a wish is decided anew because another gateway, or another utility's customer, was faster. */
const MAX_TRIES = 12;
/** How often the read model is waited for, each time for its own bound. */
const READ_WAITS = 10;
/** How long the read model is given to show what the ledger has already refused for, ms. */
const BEHIND_MS = 100;

const DEFAULT_RANKS = ['distance', 'price', 'time'] as const;

interface Waiting extends OpenedWish {
  readonly question: BookingQuestion;
  readonly request: BookingRequest;
  /** How often it was decided and then refused by the ledger. */
  readonly tries: number;
  readonly done: (answer: BookingAnswer) => void;
  readonly failed: (why: unknown) => void;
}

/** What a round of wishes is decided on. */
interface Look {
  readonly nowMs: number;
  readonly stored: readonly Interval[];
  /** Of tasks, by wishes that were just decided. */
  moves: readonly Move[];
  readonly stations: Map<string, readonly Station[]>;
}

/**
 * Answers wishes for outlets of this utility's stations. It decides on what the read model shows and what it is about to book
 * itself; whether an outlet is really free the ledger says, so that any number of gateways may ask at once.
 */
export class BookingDesk {
  readonly #context: DeskContext;
  #gathered: Waiting[] = [];
  /** Booked here and not yet in the read model. */
  readonly #pending = new Map<string, Interval>();
  /** Wishes that only something pending stands in the way of: it may yet come to nothing. */
  #deferred: Waiting[] = [];
  #hearing: Promise<void> | undefined;

  constructor(context: DeskContext) {
    this.#context = context;
  }

  /** Answers once the reservation is on the ledger, or it is certain that there is none. */
  async ask(question: BookingQuestion): Promise<BookingAnswer> {
    const opened = await openWish(this.#context, question.wish);
    if (!opened.ok) return refusedAnswer(opened.error.code, opened.error.message);
    const { wish } = opened.value;
    const known = await reservationOf(this.#context.db, wish.reservationId);
    if (known !== undefined) return { outcome: 'booked', reservation: known };
    const request = requestOf(wish, this.#context.nowMs());
    return new Promise((done, failed) => {
      this.#listen({ ...opened.value, question, request, tries: 0, done, failed });
    });
  }

  /** Waits for what is being heard. */
  async stop(): Promise<void> {
    while (this.#hearing !== undefined) await this.#hearing;
  }

  async #hear(): Promise<void> {
    while (this.#gathered.length > 0) {
      await sleep(this.#context.gatherMs);
      const wishes = this.#gathered.sort((a, b) => byBookingOrder(a.request, b.request));
      this.#gathered = [];
      try {
        // One look at the calendar serves all that were gathered; what one gets is taken for those behind it.
        const look = await this.#look();
        for (const waiting of wishes) await this.#answer(waiting, look);
      } catch (why) {
        for (const { failed } of wishes) failed(why);
      }
    }
    this.#hearing = undefined;
  }

  async #look(): Promise<Look> {
    const nowMs = this.#context.nowMs();
    return { nowMs, stored: await intervalsFrom(this.#context, nowMs), moves: [], stations: new Map() };
  }

  /** What is stored, as far as tasks were not just moved, and what is being booked. */
  #intervals({ stored, moves }: Look): readonly Interval[] {
    const known = new Set(stored.map(({ intervalId }) => intervalId));
    const pending = [...this.#pending.values()].filter(({ intervalId }) => !known.has(intervalId));
    return [...withMoves(stored, moves), ...pending];
  }

  async #stationsFor({ wish, question: { from } }: Waiting, look: Look): Promise<readonly Station[]> {
    const { iss: hun, stationId: wished, evseId } = wish;
    const key = JSON.stringify([hun, wished, evseId, from]);
    const known = look.stations.get(key);
    if (known !== undefined) return known;
    const { nowMs } = look;
    const all = await stationsFor(this.#context, { hun, wished, nowMs, ...(from && { from }) });
    const stations =
      evseId === undefined
        ? all
        : all.map((station) =>
            station.stationId === wished ? { ...station, outletIds: [evseId] } : station,
          );
    look.stations.set(key, stations);
    return stations;
  }

  /** Decides one wish; what it books is told in the background. */
  async #answer(waiting: Waiting, look: Look): Promise<void> {
    const { request, question } = waiting;
    const stations = await this.#stationsFor(waiting, look);
    const intervals = this.#intervals(look);
    const rankBy = question.rankBy ?? DEFAULT_RANKS;
    const decision = book({ stations, intervals, rankBy }, request);
    const taken = takenOf(decision, question);
    if (taken === undefined) {
      if (this.#standsInTheWay(request)) this.#deferred.push(waiting);
      else await this.#deny(waiting, decision);
      return;
    }
    const decided = decidedOf(waiting, taken, { stations, intervals: withMoves(intervals, taken.moves) });
    if (decided === undefined) {
      await this.#deny(waiting, { outcome: 'denied', why: 'OUTLET_TAKEN', alternatives: [] });
      return;
    }
    look.moves = [...look.moves, ...taken.moves];
    const reserved = { reservationId: request.requestId, ...decided };
    this.#pending.set(request.requestId, reservedInterval(request.stationId, reserved, decided.powerW));
    void this.#book(waiting, decided, taken.moves).catch(waiting.failed);
  }

  /** A wish that was told twice at once stands in its own way: it is booked. */
  async #deny({ request, done }: Waiting, decision: Decision): Promise<void> {
    const reservation = await reservationOf(this.#context.db, request.requestId);
    done(reservation ? { outcome: 'booked', reservation } : answerOf(this.#context, decision));
  }

  /** Whether something that is being booked touches what is wished for. */
  #standsInTheWay({ stationId, startMs, endMs, patienceMs }: BookingRequest): boolean {
    return [...this.#pending.values()].some(
      (pending) =>
        pending.stationId === stationId && pending.startMs < endMs + patienceMs && startMs < pending.endMs,
    );
  }

  /** Something that was being booked is on the ledger, or not: who waited for it is heard again. */
  #settled(reservationId: string): void {
    const gone = this.#pending.get(reservationId);
    this.#pending.delete(reservationId);
    const again = this.#deferred.filter(({ request }) => request.stationId === gone?.stationId);
    if (again.length === 0) return;
    this.#deferred = this.#deferred.filter(({ request }) => request.stationId !== gone?.stationId);
    this.#listen(...again);
  }

  #listen(...waiting: readonly Waiting[]): void {
    this.#gathered.push(...waiting);
    this.#hearing ??= this.#hear();
  }

  async #book(waiting: Waiting, decided: Decided, moves: readonly Move[]): Promise<void> {
    const { ledger, db } = this.#context;
    const { wish, question, ground, done, station } = waiting;
    const body = bodyOf(wish, question.wish, decided, ground);
    try {
      const fault = await this.#faultOf(waiting, decided, body);
      if (fault !== undefined || station === undefined) {
        done(refusedAnswer(fault?.code ?? 'NOT_FOUND', fault?.message ?? 'there is no such station'));
        return;
      }
      const { blockNumber } = await ledger.submit(grantCommand(wish, body, decided, ground));
      await keepMoves(db, moves, wish.reservationId);
      const reservation = await this.#read(wish.reservationId, blockNumber);
      done({ outcome: 'booked', reservation });
    } catch (thrown) {
      await this.#refused(waiting, thrown);
    } finally {
      this.#settled(wish.reservationId);
    }
  }

  /** @throws ServiceError LEDGER_DOWN when the read model stays behind; who asks again is told: it is booked. */
  async #read(reservationId: string, blockNumber: bigint): Promise<ShownReservation> {
    for (let wait = 0; wait < READ_WAITS; wait += 1) {
      await this.#context.readUpTo(blockNumber);
      const reservation = await reservationOf(this.#context.db, reservationId);
      if (reservation !== undefined) return reservation;
    }
    throw gatewayError('LEDGER_DOWN', `reservation ${reservationId} is on its way`);
  }

  /** What the contract would say, asked here first: a wish that cannot be granted costs the ledger nothing. */
  async #faultOf(
    { wish, agreement, hun, station, ground }: Waiting,
    decided: Decided,
    body: ReservationBody,
  ) {
    if (station === undefined) return undefined;
    const judged = await judgeReservation(
      {
        ...decided,
        reservationId: wish.reservationId,
        agreementId: wish.agreementId,
        vun: wish.aud,
        hun: wish.iss,
      },
      body,
      {
        channel: this.#context.channel,
        nowMs: this.#context.ledgerNowMs(),
        agreement,
        terms: ground.terms,
        hun,
        station,
      },
    );
    return judged.ok ? undefined : judged.error;
  }

  async #refused(waiting: Waiting, thrown: unknown): Promise<void> {
    const { wish, done, failed, tries } = waiting;
    // Two grants of one slot in one block: what the first wrote makes the other's endorsement void before versions are compared.
    const isBeside =
      thrown instanceof LedgerInvalid && thrown.validationCode === 'ENDORSEMENT_POLICY_FAILURE';
    if (isBeside && tries < MAX_TRIES) {
      this.#listen({ ...waiting, tries: tries + 1 });
      return;
    }
    if (!(thrown instanceof LedgerRefusal)) {
      failed(asProblem(thrown));
      return;
    }
    if (thrown.code === 'CONFLICT') {
      // Told before, by a process that is gone or by another gateway: the first one counts.
      const known = await reservationOf(this.#context.db, wish.reservationId);
      if (known !== undefined) {
        done({ outcome: 'booked', reservation: known });
        return;
      }
    }
    const isBehind = thrown.code === 'OVERLAP' || thrown.code === 'CONFLICT';
    if (!isBehind || tries >= MAX_TRIES) {
      done(refusedAnswer(thrown.code, thrown.message));
      return;
    }
    // The read model shows soon what the ledger has refused for.
    await sleep(BEHIND_MS);
    this.#listen({ ...waiting, tries: tries + 1 });
  }
}
