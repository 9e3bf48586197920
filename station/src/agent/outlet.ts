import type {
  BillSummary,
  KioskChoice,
  KioskState,
  KioskSwipe,
  PendingEnd,
  ReaderMessage,
  SwipeOffer,
} from '@roamgrid/wire';
import { isOutletService, serviceOf } from '@roamgrid/domain';
import { v7 as uuidv7 } from 'uuid';
import type { Bay } from '../bay/bay.ts';
import { Readiness } from '../bay/readiness.ts';
import { AscendingClock } from '../clock/ascending-clock.ts';
import {
  type Clock,
  type GatewayClient,
  GatewayRefusal,
  type StationIdentity,
  attestConsent,
} from '@roamgrid/station-kit';
import { DEFAULT_PACE, EndDelivery, type DeliveryPace } from '../ends/end-delivery.ts';
import type { EndStore, SessionEnd } from '../ends/end-store.ts';
import { untilKept } from '../ends/until-kept.ts';
import { isNotAuthentic, type OutletGate } from '../gate/outlet-gate.ts';
import type { MeterIdentity } from '../meter/signed-meter.ts';
import { OutletSupply } from '../site/outlet-supply.ts';
import { readCin } from '../reader/card.ts';
import { DEFAULT_TIMING, type ChargeTiming } from './charge.ts';
import { FLOW, FREE_SCREENS, type Screen } from './flow.ts';
import { GoOn, GOES_ON, type AcceptedOffer } from './go-on.ts';
import type { JournalStore } from './journal.ts';
import { awaitAnswer, DEFAULT_WAITS, pass, type DriverWaits } from './offer-wait.ts';
import { OutletMemory } from './outlet-memory.ts';
import { WHILE_DRIVER_WAITS, withRetry } from './retry.ts';
import { endOfCut, SessionRun } from './session-run.ts';
import type { SharedOutlet } from './shared-outlet.ts';
import {
  inUseByPhone,
  lockFailed,
  notPlugged,
  otherService,
  outletFaulty,
  refusedState,
  troubleState,
} from './texts.ts';

export interface OutletConfig {
  readonly identity: StationIdentity;
  readonly meter: MeterIdentity;
  readonly maxPowerW: bigint;
  readonly gateway: GatewayClient;
  readonly clock: Clock;
  readonly journal: JournalStore;
  readonly ends: EndStore;
  readonly bay: Bay;
  /** What may flow by the word of whoever shares the site's power; all that the outlet has when absent. */
  readonly supply?: OutletSupply;
  readonly timing?: ChargeTiming;
  readonly pace?: DeliveryPace;
  readonly waits?: DriverWaits;
  /** What stands between the outlet and what is plugged in, where there is one. */
  readonly gate?: OutletGate;
}

/** Why a step was refused: the outlet is not where the step belongs. */
export class OutletBusy extends Error {
  override readonly name = 'OutletBusy';
}

/** What the page offers first, and what a card means whose driver chose nothing. */
const FIRST_CHOICE: KioskChoice = { requestedEnergyWh: 10_000n, plannedMs: 3_600_000 };

type Ended = Promise<BillSummary | undefined>;

/**
 * One charging outlet: reads a CIN, asks, shows, takes consent, meters, reports, stops. Its state is what the kiosk page
 * shows. What a session's end needs is kept before the next driver comes and delivered whatever happens meanwhile; a session
 * that was running when power failed is ended at the next start.
 */
export class Outlet {
  readonly #config: OutletConfig & { readonly clock: AscendingClock };
  readonly #waits: DriverWaits;
  readonly #listeners = new Set<(state: KioskState) => void>();
  readonly #ready: Readiness;
  readonly #memory: OutletMemory;
  readonly #delivery: EndDelivery;
  #state: KioskState = { screen: 'welcome', reader: 'none' };
  #hasReader = false;
  #choice = FIRST_CHOICE;
  #swipeId = '';
  /** The swipe that is being served. */
  #served: KioskSwipe | undefined;
  #goOn: GoOn | undefined;
  #ended: Ended = Promise.resolve(undefined);
  /** Ends what waits on the present screen, when another one comes. */
  #left = new AbortController();
  #stopper = new AbortController();
  readonly #closed = new AbortController();

  constructor(config: OutletConfig) {
    this.#memory = new OutletMemory(config.meter, config.journal);
    const clock = new AscendingClock(config.clock, this.#memory.endedAtMs);
    this.#config = { ...config, clock };
    this.#waits = config.waits ?? DEFAULT_WAITS;
    // Sensors are read before the gateway has told the time: that must not be what later sessions ascend from.
    this.#ready = new Readiness(config.bay, config.clock);
    const { gateway, ends, pace = DEFAULT_PACE } = config;
    this.#delivery = new EndDelivery(gateway, ends, pace, (bill) => this.#billCame(bill));
  }

  get state(): KioskState {
    return this.#state;
  }

  /** Ends of sessions that the gateway has not taken yet, oldest first. */
  get pendingEnds(): readonly PendingEnd[] {
    return this.#delivery.pending;
  }

  /** Hear every change of state; returns how to stop hearing. */
  subscribe(listener: (state: KioskState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Ends a session that a power cut interrupted, and delivers what was not delivered. Call once after construction.
   * @returns the bill of the interrupted session, unless it comes later
   */
  async recover(): Ended {
    const { session } = this.#memory;
    // A cable of the other door is let go by it.
    if (this.#memory.offline === undefined) this.#config.bay.unlockCable();
    if (session === undefined || this.#delivery.has(session.sessionId)) {
      if (session !== undefined) this.#memory.forget();
      this.#delivery.start();
      return undefined;
    }
    // An outlet that cannot keep it serves nobody yet.
    this.#delivery.add(endOfCut(this.#memory, session));
    this.#memory.forget();
    return this.#delivery.deliver(session.sessionId);
  }

  /** What a second door to this outlet shares with it: one session at a time, whoever it is of. */
  get shared(): SharedOutlet {
    const { bay, clock, maxPowerW, supply, timing = DEFAULT_TIMING } = this.#config;
    return {
      ...{ bay, clock, timing, memory: this.#memory, ready: this.#ready },
      supply: supply ?? new OutletSupply({ clock, maxPowerW }),
      isFree: () =>
        (FREE_SCREENS as readonly Screen[]).includes(this.#state.screen) &&
        this.#memory.session === undefined,
    };
  }

  /** Ends what waits for people and the network. What is not delivered stays kept. */
  close(): void {
    this.#closed.abort();
    this.#left.abort();
    this.#delivery.close();
  }

  /** What the next card at the reader asks for. */
  choose(choice: KioskChoice): void {
    this.#choice = choice;
  }

  /** Whether a reader is connected. */
  readerConnected(isThere: boolean): void {
    this.#hasReader = isThere;
    if (this.#state.screen === 'welcome') this.#update(this.#welcome());
  }

  /** A card came to the reader, could not be read, or left it. Resolves with the screen that answers it. */
  async readerSays(message: ReaderMessage): Promise<KioskState> {
    if (message.type === 'card') return this.swipe({ cin: message.content, method: 'card', ...this.#choice });
    if (this.#state.screen !== 'welcome') return this.#state;
    return this.#update(
      message.type === 'removed' ? this.#welcome() : { screen: 'welcome', reader: message.reason },
    );
  }

  /** A CIN arrived by keypad, card or QR. Resolves with the screen that answers it: an offer or a refusal. */
  async swipe(request: KioskSwipe): Promise<KioskState> {
    this.#expect(FREE_SCREENS, 'another driver is being served');
    if (this.#memory.offline !== undefined) return this.#show(inUseByPhone());
    const cin = readCin(request.cin);
    if (!cin.ok) {
      return this.#show(
        refusedState(cin.error.code, cin.error.message, 'Check the number on your card and enter it again.'),
      );
    }
    const service = serviceOf(cin.value);
    if (!isOutletService(service)) return this.#show(otherService(service));
    const { gateway, clock, meter } = this.#config;
    this.#served = { ...request, cin: cin.value };
    const { fault } = this.#ready;
    if (fault !== undefined) return this.#show(outletFaulty(fault));
    this.#show({ screen: 'authorising' });
    this.#swipeId = uuidv7();
    try {
      // The gateway gives this outlet to nobody while it holds it for the driver before.
      await this.#delivery.flush();
      const ask = { ...request, swipeId: this.#swipeId, evseId: meter.evseId, cin: cin.value };
      const answer = await withRetry(clock, WHILE_DRIVER_WAITS, () => gateway.swipe(ask));
      if (answer.outcome === 'refused') return this.#show({ screen: 'refused', refusal: answer });
      const offer = { screen: 'offer', offer: answer, driverConsented: false, askedAgain: false } as const;
      const shown = this.#show(offer);
      this.#awaitAnswer(answer);
      return shown;
    } catch (error) {
      return this.#show(troubleState(error));
    }
  }

  /** The driver turned the offer down. */
  decline(): void {
    this.#expect(['offer', 'connect', 'refused', 'bill', 'bill-later'], 'there is nothing to decline');
    this.#show(this.#welcome());
  }

  /**
   * The driver accepts the shown offer by pressing a key here; the own device has consented before where home asks for it.
   * Resolves when charging has started (or was refused); the returned promise `ended` resolves with the bill.
   */
  async consent(quoteHash: string): Promise<{ ended: Ended }> {
    const state = this.#expect(['offer', 'charging'], 'there is no offer to accept');
    if (state.screen === 'charging') return this.#acceptNext(quoteHash);
    if (state.offer.quoteHash !== quoteHash) throw new OutletBusy('the offer on the screen is another one');
    const { offer, driverConsented } = state;
    if (offer.driverConsent === 'required' && !driverConsented)
      throw new OutletBusy('your utility asks for the consent of your own device first');
    const consentedAtMs = this.#consentedNow(offer);
    if (!(await this.#plugged())) return { ended: Promise.resolve(undefined) };
    return this.#begin({ offer, driverConsented, swipeId: this.#swipeId }, consentedAtMs);
  }

  /** Nobody agrees to an offer before it is made, whatever is left of a clock's error. */
  #consentedNow({ quote }: SwipeOffer): number {
    return Math.max(this.#config.clock.nowMs(), quote.issuedAtMs);
  }

  /** The driver goes on: what charges now ends, and the next session starts from there. */
  #acceptNext(quoteHash: string): { ended: Ended } {
    if (this.#goOn?.accept(quoteHash) !== true)
      throw new OutletBusy('the offer on the screen is another one, or your own device has not agreed yet');
    this.#stopper.abort(GOES_ON);
    return { ended: this.#ended };
  }

  async #begin(
    { offer, driverConsented, swipeId }: AcceptedOffer,
    consentedAtMs: number,
  ): Promise<{ ended: Ended }> {
    const method = driverConsented ? 'app' : 'kiosk';
    const { identity, bay, clock } = this.#config;
    const attested = await attestConsent(identity, offer, method, consentedAtMs);
    if (!bay.lockCable()) return this.#notStarted(lockFailed());
    const battery = bay.car();
    const metered = { sessionId: offer.quote.sessionId, tariffText: attested.tariffText };
    const nowMs = Math.max(clock.nowMs(), consentedAtMs, this.#memory.endedAtMs);
    clock.reach(nowMs);
    const startReading = this.#memory.meter.reading(nowMs, true);
    const signedStart = this.#memory.meter.signed(nowMs, 'B', metered);
    try {
      this.#memory.prepare(metered, nowMs);
    } catch (error) {
      return this.#notStarted(troubleState(error));
    }
    const request = {
      swipeId,
      consent: attested.jws,
      signedStart,
      start: startReading,
      socPpm: battery.socPpm,
    };
    try {
      const start = await withRetry(clock, WHILE_DRIVER_WAITS, () => this.#config.gateway.start(request));
      this.#memory.started();
      const { signal } = (this.#stopper = new AbortController());
      const goOn = (this.#goOn = this.#askable());
      const show = (shown: KioskState) =>
        void this.#show(
          shown.screen === 'charging' && goOn?.next !== undefined ? { ...shown, next: goOn.next } : shown,
        );
      const limitNear = () => goOn?.limitNear(metered.sessionId);
      const run = new SessionRun(this.#config, this.#memory, {
        ...{ offer, start, startReading, metered, battery, signal, show, limitNear },
      });
      return { ended: (this.#ended = this.#finish(run, goOn)) };
    } catch (error) {
      if (error instanceof GatewayRefusal) this.#memory.forget();
      // Nobody knows whether it was started: its end is told, so that it stays open nowhere.
      else await this.#keepEnd(this.#memory.endNow(nowMs, 'fault', battery.socPpm));
      this.#delivery.start();
      return this.#notStarted(troubleState(error));
    }
  }

  /** The driver presses stop, or has come back to a car that is parked. */
  stop(): void {
    this.#expect(['charging', 'parked'], 'nothing is charging');
    this.#stopper.abort();
  }

  /** The driver has read the bill. */
  done(): void {
    this.#expect(['bill', 'bill-later', 'refused'], 'the session is not over');
    this.#show(this.#welcome());
  }

  /** For the next driver, who has chosen nothing yet. */
  #welcome(): KioskState {
    return { screen: 'welcome', reader: this.#hasReader ? 'ready' : 'none' };
  }

  #askable(): GoOn | undefined {
    const { gateway, clock, meter } = this.#config;
    if (this.#served === undefined) return undefined;
    const served = { ...this.#served, evseId: meter.evseId };
    const { askDeviceEveryMs } = this.#waits;
    const changed = () => {
      const state = this.#state;
      if (state.screen === 'charging' && goOn.next !== undefined) this.#update({ ...state, next: goOn.next });
    };
    const goOn = new GoOn({ gateway, clock, served, askDeviceEveryMs, changed });
    return goOn;
  }

  async #finish(run: SessionRun, goOn: GoOn | undefined): Ended {
    const { end, ended } = await run.run();
    goOn?.close();
    await this.#keepEnd(end);
    const bill = await this.#delivery.deliver(end.sessionId);
    const next = end.request.endReason === 'limit' ? goOn?.accepted : undefined;
    // The gateway gives the outlet to the next session once it has taken the end of this one.
    if (next !== undefined && bill !== undefined) {
      this.#show({ screen: 'starting' });
      return (await this.#begin(next, this.#consentedNow(next.offer))).ended;
    }
    this.#show(bill === undefined ? { screen: 'bill-later', ended } : { screen: 'bill', bill });
    return bill;
  }

  /** From here on the end is safe, and the outlet can remember another session. */
  #keepEnd(end: SessionEnd): Promise<void> {
    let isKept = false;
    return untilKept(() => {
      if (!isKept) this.#delivery.add(end);
      isKept = true;
      this.#memory.forget();
    }, this.#closed.signal);
  }

  #billCame(bill: BillSummary): void {
    const state = this.#state;
    if (state.screen === 'bill-later' && state.ended.sessionId === bill.sessionId)
      this.#show({ screen: 'bill', bill });
  }

  #notStarted(state: KioskState): { ended: Ended } {
    this.#config.bay.unlockCable();
    this.#show(state);
    return { ended: Promise.resolve(undefined) };
  }

  #awaitAnswer(offer: SwipeOffer): void {
    const swipeId = this.#swipeId;
    awaitAnswer({
      offer,
      waits: this.#waits,
      signal: this.#left.signal,
      ask: () => this.#config.gateway.driverConsent(swipeId),
      update: (change) => {
        if (this.#state.screen === 'offer') this.#update({ ...this.#state, ...change });
      },
      leave: (state) => void this.#show(state),
    });
  }

  /** Waits for the cable, and goes on to starting. False when it did not come, or the driver has left. */
  async #plugged(): Promise<boolean> {
    if (this.#ready.isPlugged) {
      this.#show({ screen: 'starting' });
      return true;
    }
    this.#show({ screen: 'connect' });
    const { signal } = this.#left;
    const came = await this.#ready.cableComes((arrival) =>
      pass(this.#waits.plugInMs, AbortSignal.any([signal, arrival])),
    );
    if (signal.aborted) return false;
    this.#show(came ? { screen: 'starting' } : notPlugged());
    return came;
  }

  /** The present state when its screen is one of the allowed ones. */
  #expect<S extends Screen>(screens: readonly S[], otherwise: string): Extract<KioskState, { screen: S }> {
    const state = this.#state;
    if ((screens as readonly string[]).includes(state.screen))
      return state as Extract<KioskState, { screen: S }>;
    throw new OutletBusy(otherwise);
  }

  /** Goes to another screen, and ends what waited on the one before. */
  #show(state: KioskState): KioskState {
    if (state.screen === 'refused' && isNotAuthentic(state.refusal.code))
      this.#config.gate?.driverRefused(state.refusal.code);
    this.#left.abort();
    this.#left = new AbortController();
    if (state.screen === 'welcome') this.#choice = FIRST_CHOICE;
    return this.#update(state);
  }

  /** Changes what the screen says. @throws when the flow chart has no such way */
  #update(state: KioskState): KioskState {
    if (!FLOW[this.#state.screen].includes(state.screen))
      throw new Error(`no way leads from ${this.#state.screen} to ${state.screen}`);
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
    return state;
  }
}
