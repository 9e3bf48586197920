import {
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
import { SignedMeter, type MeteredSession, type MeterIdentity } from '../meter/signed-meter.ts';
import { readCin } from '../reader/card.ts';
import type { Battery } from '../vehicle/battery.ts';
import { charge, DEFAULT_TIMING, type ChargeTiming, type EndReason } from './charge.ts';
import { attestConsent } from './consent.ts';
import { ASK_EVERY_MS, deviceConsents } from './device-consent.ts';
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
  /** How often it asks whether the driver's own device has consented, wall ms. */
  readonly askDeviceEveryMs?: number;
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
  /** Ends the wait for the driver's device. */
  #offered = new AbortController();

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
      const { endReason, signedEnd } = session.ending;
      return this.#deliverEnd(session, endReason, signedEnd, session.unreported);
    }
    return this.#endAt(this.#config.clock.nowMs(), session, 'fault', session.unreported);
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
      if (answer.outcome === 'refused') return this.#show({ screen: 'refused', refusal: answer });
      const shown = this.#show({ screen: 'offer', offer: answer, driverConsented: false });
      if (answer.driverConsent !== undefined) void this.#awaitDevice(answer);
      return shown;
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
   * The driver accepts the shown offer by pressing a key here; the own device has consented before where home asks for it.
   * Resolves when charging has started (or was refused); the returned promise `ended` resolves with the bill.
   */
  async consent(quoteHash: string): Promise<{ ended: Promise<BillSummary | undefined> }> {
    const state = this.#expect(['offer'], 'there is no offer to accept');
    if (state.offer.quoteHash !== quoteHash) throw new OutletBusy('the offer on the screen is another one');
    const { offer, driverConsented } = state;
    if (offer.driverConsent === 'required' && !driverConsented)
      throw new OutletBusy('your utility asks for the consent of your own device first');
    this.#show({ screen: 'starting' });
    const nowMs = this.#config.clock.nowMs();
    const method = driverConsented ? 'app' : 'kiosk';
    const { jws, tariffText } = await attestConsent(this.#config.identity, offer, method, nowMs);
    const metered = { sessionId: offer.quote.sessionId, tariffText };
    const startReading = this.#meter.reading(nowMs, true);
    const signedStart = this.#meter.signed(nowMs, 'B', metered);
    this.#save({ meter: this.#meterText() });
    try {
      const request = {
        swipeId: this.#swipeId,
        consent: jws,
        signedStart,
        start: startReading,
      };
      const start = await withRetry(this.#config.clock, WHILE_DRIVER_WAITS, () =>
        this.#config.gateway.start(request),
      );
      this.#save({ meter: this.#meterText(), session: { ...metered, reportSequence: 0, unreported: [] } });
      this.#stopper = new AbortController();
      this.#runningMicros = 0n;
      return { ended: this.#run(offer, start, startReading, metered) };
    } catch (error) {
      this.#show(this.#troubleState(error));
      return { ended: Promise.resolve(undefined) };
    }
  }

  /** Shows the offer anew once the driver's own device has consented to it. */
  async #awaitDevice(offer: SwipeOffer): Promise<void> {
    const { gateway, askDeviceEveryMs = ASK_EVERY_MS } = this.#config;
    const swipeId = this.#swipeId;
    const { signal } = (this.#offered = new AbortController());
    const ask = () => gateway.driverConsent(swipeId);
    try {
      const consented = await deviceConsents(ask, askDeviceEveryMs, signal);
      if (consented && !signal.aborted) this.#show({ screen: 'offer', offer, driverConsented: true });
    } catch (error) {
      if (!signal.aborted) this.#show(this.#troubleState(error));
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
    metered: MeteredSession,
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
      report: (readings, powerW, socPpm) => this.#report(metered, readings, powerW, socPpm),
      onProgress: (progress) => this.#show({ screen: 'charging', progress }),
    });
    this.#show({ screen: 'stopping' });
    const undelivered = [...(this.#journal.session?.unreported ?? []), ...unreported];
    try {
      const bill = await this.#endAt(clock.nowMs(), metered, endReason, undelivered);
      this.#show({ screen: 'bill', bill });
      return bill;
    } catch (error) {
      // The end stays in the journal: `recover` delivers it.
      this.#show(this.#troubleState(error));
      return undefined;
    }
  }

  /** Send readings; what cannot be sent now stays in the journal and goes with the next report or the end. */
  async #report(metered: MeteredSession, readings: readonly MeterReading[], powerW: bigint, socPpm: number) {
    const session = this.#journal.session ?? { ...metered, reportSequence: 0, unreported: [] };
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
      const answer = await this.#config.gateway.report(metered.sessionId, report);
      const unreported = pending.slice(READINGS_PER_REPORT);
      this.#save({ meter: this.#meterText(), session: { ...metered, reportSequence: sequence, unreported } });
      this.#runningMicros = answer.runningMicros;
      return { stop: answer.command === 'stop', runningMicros: answer.runningMicros };
    } catch (error) {
      // Out of reach: charge on inside the consented limits. Refused: nobody would pay for more.
      if (error instanceof GatewayUnreachable) return { stop: false, runningMicros: this.#runningMicros };
      if (error instanceof GatewayRefusal) return { stop: true, runningMicros: this.#runningMicros };
      throw error;
    }
  }

  /** The session ends now: the meter signs, and the end is delivered. */
  #endAt(
    endMs: number,
    metered: MeteredSession,
    endReason: EndReason,
    unreported: readonly MeterReading[],
  ): Promise<BillSummary> {
    const readings = [...unreported, this.#meter.reading(endMs, true)];
    return this.#deliverEnd(metered, endReason, this.#meter.signed(endMs, 'E', metered), readings);
  }

  async #deliverEnd(
    { sessionId, tariffText }: MeteredSession,
    endReason: EndReason,
    signedEnd: string,
    readings: readonly MeterReading[],
  ): Promise<BillSummary> {
    const { clock, gateway } = this.#config;
    const session = {
      sessionId,
      tariffText,
      reportSequence: this.#journal.session?.reportSequence ?? 0,
      unreported: [...readings],
    };
    this.#save({ meter: this.#meterText(), session: { ...session, ending: { endReason, signedEnd } } });
    const request = { endReason, readings: [...readings], signedEnd };
    const bill = await withRetry(clock, UNTIL_DELIVERED, () => gateway.stop(sessionId, request));
    this.#save({ meter: this.#meterText() });
    return bill;
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
    if (state.screen !== 'offer') this.#offered.abort();
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
