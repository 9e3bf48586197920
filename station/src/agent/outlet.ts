import {
  consent as consentSchema,
  DOCUMENT_TYPE,
  signDocument,
  type BillSummary,
  type InterimReport,
  type KioskState,
  type KioskSwipe,
  type MeterReading,
  type StartAnswer,
  type SwipeOffer,
} from '@roamgrid/wire';
import { v7 as uuidv7 } from 'uuid';
import type { Clock } from '../clock/clock.ts';
import { SignedMeter, type MeterIdentity } from '../meter/signed-meter.ts';
import { readCin } from '../reader/card.ts';
import type { Battery } from '../vehicle/battery.ts';
import { charge, DEFAULT_TIMING, type ChargeTiming, type EndReason } from './charge.ts';
import {
  GatewayRefusal,
  GatewayUnreachable,
  type GatewayClient,
  type StationIdentity,
} from './gateway-client.ts';
import type { JournalStore, OutletJournal } from './journal.ts';
import { UNTIL_DELIVERED, WHILE_DRIVER_WAITS, withRetry } from './retry.ts';

export interface OutletConfig {
  readonly identity: StationIdentity;
  readonly meter: MeterIdentity;
  readonly maxPowerW: bigint;
  readonly gateway: GatewayClient;
  readonly clock: Clock;
  readonly journal: JournalStore;
  /** The car that is plugged in, asked for when charging starts. */
  readonly vehicle: () => Battery;
  readonly timing?: ChargeTiming;
}

/** Limit of the station API for one report. */
const READINGS_PER_REPORT = 100;

/** Why a step was refused: the outlet is not where the step belongs. */
export class OutletBusy extends Error {
  override readonly name = 'OutletBusy';
}

/** A swipe that the outlet itself turned away, in the words that the screen shows. */
const refusedState = (code: string, message: string, remedy: string): KioskState => ({
  screen: 'refused',
  refusal: { outcome: 'refused', code, message, remedy },
});

/**
 * One charging outlet: reads a CIN, asks, shows, takes consent, meters, reports, stops.
 * Its state is what the kiosk page shows. A session that was running when power failed is ended at the next start.
 */
export class Outlet {
  readonly #config: OutletConfig;
  readonly #listeners = new Set<(state: KioskState) => void>();
  readonly #meter: SignedMeter;
  #journal: OutletJournal;
  #state: KioskState = { screen: 'welcome' };
  #swipeId = '';
  #runningMicros = 0n;
  #stopper = new AbortController();

  constructor(config: OutletConfig) {
    this.#config = config;
    const saved = config.journal.load();
    const meterState = saved && { registerWms: BigInt(saved.meter.registerWms), page: saved.meter.page };
    this.#meter = new SignedMeter(config.meter, meterState);
    this.#journal = saved ?? { meter: this.#meterText() };
  }

  get state(): KioskState {
    return this.#state;
  }

  /** Hear every change of state; returns how to stop hearing. */
  subscribe(listener: (state: KioskState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Deliver the end of a session that a power cut interrupted. Call once after construction. */
  async recover(): Promise<BillSummary | undefined> {
    const session = this.#journal.session;
    if (!session) return undefined;
    if (session.ending) {
      return this.#deliverEnd(
        session.sessionId,
        session.ending.endReason,
        session.ending.signedEnd,
        session.unreported,
      );
    }
    const nowMs = this.#config.clock.nowMs();
    const readings = [...session.unreported, this.#meter.reading(nowMs, true)];
    return this.#deliverEnd(
      session.sessionId,
      'fault',
      this.#meter.signed(nowMs, 'E', session.sessionId),
      readings,
    );
  }

  /** A CIN arrived by keypad, card or QR. Resolves with the screen that answers it: an offer or a refusal. */
  async swipe(request: KioskSwipe): Promise<KioskState> {
    this.#expect(['welcome', 'refused', 'bill'], 'another driver is being served');
    const cin = readCin(request.cin);
    if (!cin.ok) {
      return this.#show(
        refusedState(cin.error.code, cin.error.message, 'Check the number on your card and enter it again.'),
      );
    }
    this.#show({ screen: 'authorising' });
    this.#swipeId = uuidv7();
    try {
      const { gateway, clock, meter } = this.#config;
      const ask = { ...request, swipeId: this.#swipeId, evseId: meter.evseId, cin: cin.value };
      const answer = await withRetry(clock, WHILE_DRIVER_WAITS, () => gateway.swipe(ask));
      return this.#show(
        answer.outcome === 'offer'
          ? { screen: 'offer', offer: answer }
          : { screen: 'refused', refusal: answer },
      );
    } catch (error) {
      return this.#show(this.#troubleState(error));
    }
  }

  /** The driver turned the offer down. */
  decline(): void {
    this.#expect(['offer', 'refused', 'bill'], 'there is nothing to decline');
    this.#show({ screen: 'welcome' });
  }

  /**
   * The driver accepts the shown offer. Resolves when charging has started (or was refused);
   * the returned promise `ended` resolves with the bill.
   */
  async consent(quoteHash: string): Promise<{ ended: Promise<BillSummary | undefined> }> {
    const state = this.#expect(['offer'], 'there is no offer to accept');
    if (state.offer.quoteHash !== quoteHash) throw new OutletBusy('the offer on the screen is another one');
    this.#show({ screen: 'starting' });
    const nowMs = this.#config.clock.nowMs();
    const startReading = this.#meter.reading(nowMs, true);
    const signedStart = this.#meter.signed(nowMs, 'B', state.offer.quote.sessionId);
    this.#save({ meter: this.#meterText() });
    try {
      const consent = await this.#signConsent(state.offer, nowMs);
      const request = { swipeId: this.#swipeId, consent, signedStart, start: startReading };
      const start = await withRetry(this.#config.clock, WHILE_DRIVER_WAITS, () =>
        this.#config.gateway.start(request),
      );
      this.#save({
        meter: this.#meterText(),
        session: { sessionId: start.sessionId, reportSequence: 0, unreported: [] },
      });
      this.#stopper = new AbortController();
      this.#runningMicros = 0n;
      return { ended: this.#run(state.offer, start, startReading) };
    } catch (error) {
      this.#show(this.#troubleState(error));
      return { ended: Promise.resolve(undefined) };
    }
  }

  /** The driver presses stop, or the outlet detects a fault. */
  stop(reason: 'driver' | 'fault' = 'driver'): void {
    this.#expect(['charging'], 'nothing is charging');
    this.#stopper.abort(reason);
  }

  /** The driver has read the bill. */
  done(): void {
    this.#expect(['bill', 'refused'], 'the session is not over');
    this.#show({ screen: 'welcome' });
  }

  async #run(
    offer: SwipeOffer,
    start: StartAnswer,
    startReading: MeterReading,
  ): Promise<BillSummary | undefined> {
    const { clock, vehicle, maxPowerW, timing = DEFAULT_TIMING } = this.#config;
    const { endReason, unreported } = await charge({
      clock,
      meter: this.#meter,
      battery: vehicle(),
      outletPowerW: maxPowerW,
      start,
      startReading,
      offer,
      timing,
      signal: this.#stopper.signal,
      report: (readings, powerW, socPpm) => this.#report(start.sessionId, readings, powerW, socPpm),
      onProgress: (progress) => this.#show({ screen: 'charging', progress }),
    });
    this.#show({ screen: 'stopping' });
    const endMs = clock.nowMs();
    const undelivered = [
      ...(this.#journal.session?.unreported ?? []),
      ...unreported,
      this.#meter.reading(endMs, true),
    ];
    try {
      const bill = await this.#deliverEnd(
        start.sessionId,
        endReason,
        this.#meter.signed(endMs, 'E', start.sessionId),
        undelivered,
      );
      this.#show({ screen: 'bill', bill });
      return bill;
    } catch (error) {
      // The end stays in the journal: `recover` delivers it.
      this.#show(this.#troubleState(error));
      return undefined;
    }
  }

  /** Send readings; what cannot be sent now stays in the journal and goes with the next report or the end. */
  async #report(sessionId: string, readings: readonly MeterReading[], powerW: bigint, socPpm: number) {
    const session = this.#journal.session ?? { sessionId, reportSequence: 0, unreported: [] };
    const pending = [...session.unreported, ...readings];
    const sequence = session.reportSequence + 1;
    // The number is used up before it is sent: a lost answer must not let other readings travel under it.
    this.#save({
      meter: this.#meterText(),
      session: { ...session, reportSequence: sequence, unreported: pending },
    });
    const report: InterimReport = {
      sequence,
      readings: pending.slice(0, READINGS_PER_REPORT),
      powerW,
      socPpm,
    };
    try {
      const answer = await this.#config.gateway.report(sessionId, report);
      const unreported = pending.slice(READINGS_PER_REPORT);
      this.#save({ meter: this.#meterText(), session: { sessionId, reportSequence: sequence, unreported } });
      this.#runningMicros = answer.runningMicros;
      return { stop: answer.command === 'stop', runningMicros: answer.runningMicros };
    } catch (error) {
      // Out of reach: charge on inside the consented limits. Refused: nobody would pay for more.
      if (error instanceof GatewayUnreachable) return { stop: false, runningMicros: this.#runningMicros };
      if (error instanceof GatewayRefusal) return { stop: true, runningMicros: this.#runningMicros };
      throw error;
    }
  }

  async #deliverEnd(
    sessionId: string,
    endReason: EndReason,
    signedEnd: string,
    readings: readonly MeterReading[],
  ) {
    const { clock, gateway } = this.#config;
    const session = {
      sessionId,
      reportSequence: this.#journal.session?.reportSequence ?? 0,
      unreported: [...readings],
    };
    this.#save({ meter: this.#meterText(), session: { ...session, ending: { endReason, signedEnd } } });
    const request = { endReason, readings: [...readings], signedEnd };
    const bill = await withRetry(clock, UNTIL_DELIVERED, () => gateway.stop(sessionId, request));
    this.#save({ meter: this.#meterText() });
    return bill;
  }

  #signConsent(offer: SwipeOffer, consentedAtMs: number): Promise<string> {
    const { identity } = this.#config;
    const body = {
      iss: identity.stationId,
      sessionId: offer.quote.sessionId,
      quoteHash: offer.quoteHash,
      method: 'kiosk' as const,
      consentedAtMs,
    };
    return signDocument(consentSchema, DOCUMENT_TYPE.consent, body, {
      kid: identity.keyId,
      key: identity.key,
    });
  }

  #troubleState(error: unknown): KioskState {
    if (error instanceof GatewayRefusal)
      return refusedState(error.code, error.message, 'Please try again or call the operator.');
    if (error instanceof GatewayUnreachable) {
      return refusedState(
        'STATION_OFFLINE',
        'This station cannot reach its network.',
        'Please try again in a minute.',
      );
    }
    throw error;
  }

  /** The present state when its screen is one of the allowed ones. */
  #expect<S extends KioskState['screen']>(
    screens: readonly S[],
    otherwise: string,
  ): Extract<KioskState, { screen: S }> {
    const state = this.#state;
    if ((screens as readonly string[]).includes(state.screen))
      return state as Extract<KioskState, { screen: S }>;
    throw new OutletBusy(otherwise);
  }

  #show(state: KioskState): KioskState {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
    return state;
  }

  #meterText() {
    const { registerWms, page } = this.#meter.state;
    return { registerWms: registerWms.toString(), page };
  }

  #save(journal: OutletJournal): void {
    this.#journal = journal;
    this.#config.journal.save(journal);
  }
}
