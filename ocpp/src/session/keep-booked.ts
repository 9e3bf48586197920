import { randomBytes } from 'node:crypto';
import { startRounds, type Rounds } from '@roamgrid/service-kit/runtime';
import { GatewayRefusal, GatewayUnreachable, InTurn } from '@roamgrid/station-kit';
import { BOOKING_LIMITS, type StationReservation } from '@roamgrid/wire';
import { createFewAtOnce } from '../edge/few-at-once.ts';
import type { Reserved, StationReserver } from '../model/station-desk.ts';
import { bookedById, markBooked, markUsed, noteBooked, openBooked, type Booked } from '../store/booked.ts';
import { outletOfEvse, type DeskContext, type DeskStation } from './context.ts';

/** Stations whose reservations are looked at at once. */
const AT_ONCE = 8;
/** Of a tag's 20 characters, which is what 1.6 has room for. */
const TAG_BYTES = 8;

/** What a station answers that may be otherwise soon: it is asked again at the next look. */
const MAY_PASS: ReadonlySet<string> = new Set(['Occupied', 'Faulted', 'Unavailable']);

/**
 * Tells stations that are connected which of their outlets wait for a driver: from when he may come, which is a quarter of an hour before
 * the begin, and while nobody charges there; again after each connection, and no longer once it is given back, missed or used. Whether a
 * driver may charge the gateway says at each swipe all the same: a station that keeps nothing refuses others only later.
 */
export class KeepBooked {
  readonly #context: DeskContext;
  readonly #reserver: StationReserver;
  readonly #turns = new InTurn();
  /** Stations at which something waits: what they say of their outlets is worth a look. */
  readonly #waiting = new Set<string>();
  #rounds: Rounds | undefined;

  constructor(context: DeskContext, reserver: StationReserver) {
    this.#context = context;
    this.#reserver = reserver;
  }

  start(): void {
    const { times, logger } = this.#context;
    this.#rounds = startRounds('booked outlets', times.bookedMs, () => this.round(), logger);
  }

  async stop(): Promise<void> {
    await this.#rounds?.stop();
    await this.#turns.idle();
  }

  /** A look at every station that is connected. */
  async round(): Promise<void> {
    const few = createFewAtOnce(AT_ONCE);
    await Promise.all([...this.#context.stations.keys()].map((id) => few(() => this.#lookSafely(id))));
  }

  /** A station that has connected anew is told at once. */
  booted(stationId: string): void {
    void this.#lookSafely(stationId);
  }

  /** An outlet is free again. */
  freed(stationId: string): void {
    if (this.#waiting.has(stationId)) void this.#lookSafely(stationId);
  }

  /** What fails at one station holds up no other. */
  async #lookSafely(stationId: string): Promise<void> {
    const station = this.#context.stations.get(stationId);
    if (station === undefined) return;
    try {
      await this.#turns.run(stationId, () => this.#look(station));
    } catch (err) {
      this.#context.logger.warn({ err, stationId }, 'what is booked at a station is looked at again later');
    }
  }

  /** The group of who booked, while the station keeps something for it. */
  async groupOf(stationId: string, reservationId: string | undefined): Promise<string | undefined> {
    if (reservationId === undefined) return undefined;
    return (await bookedById(this.#context.db, stationId, reservationId))?.tag;
  }

  /** A transaction named it. */
  used(stationId: string, number: number): Promise<void> {
    const { db, clock } = this.#context;
    return markUsed(db, stationId, number, clock.wallMs());
  }

  /** Who booked starts from an app, by a token that is in no group: the station lets the outlet go before it is told to start. */
  async letGo(stationId: string, reservationId: string | undefined): Promise<void> {
    if (reservationId === undefined) return;
    await this.#turns.run(stationId, async () => {
      const booked = await bookedById(this.#context.db, stationId, reservationId);
      if (booked?.state === 'kept') await this.#cancel(booked, 'used');
    });
  }

  async #look(station: DeskStation): Promise<void> {
    const { db, clock } = this.#context;
    const { stationId } = station.setup.identity;
    const sinceMs = this.#reserver.connectedSinceMs(stationId);
    // It forgets nothing while it is away that it would not be told when it is back.
    if (sinceMs === undefined) return;
    const all = await this.#asked(station);
    if (all === undefined) return;
    const nowMs = clock.gatewayMs();
    const due = all.filter(({ fromMs }) => fromMs - BOOKING_LIMITS.earlyMs <= nowMs);
    for (const one of due) await noteBooked(db, stationId, one, { tag: newTag(), wallMs: clock.wallMs() });
    const open = await openBooked(db, stationId);
    const wanted = new Set(due.map(({ reservationId }) => reservationId));
    if (due.length > 0) this.#waiting.add(stationId);
    else this.#waiting.delete(stationId);
    for (const booked of open) {
      if (!wanted.has(booked.reservationId)) await this.#cancel(booked, 'gone');
      else if (booked.toldSinceMs !== sinceMs) await this.#tell(station, booked, sinceMs);
    }
  }

  async #asked({ gateway, setup }: DeskStation): Promise<readonly StationReservation[] | undefined> {
    try {
      return await gateway.reservations();
    } catch (error) {
      if (!(error instanceof GatewayRefusal || error instanceof GatewayUnreachable)) throw error;
      const { stationId } = setup.identity;
      this.#context.logger.warn({ err: error, stationId }, 'the gateway does not say what is booked');
      return undefined;
    }
  }

  async #tell({ setup }: DeskStation, booked: Booked, sinceMs: number): Promise<void> {
    const { db, clock, logger } = this.#context;
    const { number, stationId, reservationId, tag } = booked;
    const outlet = outletOfEvse(setup, booked.evseId);
    if (outlet === undefined) return;
    const untilMs = Math.ceil(clock.wallAt(booked.waitsUntilMs));
    const told = await this.#reserver.reserve(stationId, { number, outlet: outlet.number, tag, untilMs });
    const state = told.outcome === 'accepted' ? 'kept' : 'due';
    await markBooked(db, number, {
      ...{ state, said: saidOf(told), wallMs: clock.wallMs() },
      // What does not pass by itself is asked again when the station connects anew.
      ...(isSettled(told) && { toldSinceMs: sinceMs }),
    });
    if (state === 'due' && booked.said !== saidOf(told))
      logger.warn({ stationId, reservationId, ...told }, 'a station does not keep an outlet that is booked');
  }

  async #cancel({ number, stationId, state }: Booked, then: 'gone' | 'used'): Promise<void> {
    const { db, clock } = this.#context;
    // One that refused to keep it, or gave no answer, may have it all the same.
    const told = await this.#reserver.cancelReservation(stationId, number);
    if (told.outcome === 'unreachable' && then === 'gone' && state === 'kept') return;
    await markBooked(db, number, { state: then, said: saidOf(told), wallMs: clock.wallMs() });
  }
}

const newTag = (): string => `RSV-${randomBytes(TAG_BYTES).toString('hex')}`;

const saidOf = ({ outcome, said }: Reserved): string => said ?? outcome;

const isSettled = ({ outcome, said }: Reserved): boolean =>
  outcome !== 'unreachable' && !(said !== undefined && MAY_PASS.has(said));
