import type { EndReason } from '@roamgrid/domain';
import type { MeterReading } from '@roamgrid/wire';
import type { SessionEnd } from '../ends/end-store.ts';
import { isDiskFault } from '../ends/until-kept.ts';
import { SignedMeter, type MeteredSession, type MeterIdentity } from '../meter/signed-meter.ts';
import type { JournalOffline, JournalSession, JournalStore, OutletJournal } from './journal.ts';

/** A session of the network: its gateway has given it a number. */
export type NumberedSession = MeteredSession & { readonly sessionId: string };

/** An outlet's meter and what is known of its running session, each change of it safe from a power cut. */
export class OutletMemory {
  readonly meter: SignedMeter;
  readonly #store: JournalStore;
  #session: JournalSession | undefined;
  #offline: JournalOffline | undefined;
  #endedAtMs: number;

  constructor(identity: MeterIdentity, store: JournalStore) {
    this.#store = store;
    const saved = store.load();
    const meter = saved && { registerWms: BigInt(saved.meter.registerWms), page: saved.meter.page };
    this.meter = new SignedMeter(identity, meter);
    this.#session = saved?.session;
    this.#offline = saved?.offline;
    this.#endedAtMs = saved?.meter.endedAtMs ?? 0;
  }

  get session(): JournalSession | undefined {
    return this.#session;
  }

  /** What the door that needs no network has here: a session of it that runs, or whose record is kept nowhere else yet. */
  get offline(): JournalOffline | undefined {
    return this.#offline;
  }

  /** Keeps that, with the meter in one write. @throws when a session of the network runs, or as the store does; then it is as it was */
  keepOffline(offline: JournalOffline | undefined): void {
    if (this.#session !== undefined) throw new Error(`${this.#session.sessionId} runs at this outlet`);
    const [had, endedAtMs] = [this.#offline, this.#endedAtMs];
    this.#offline = offline;
    if (offline?.ended !== undefined) this.#endedAtMs = Math.max(endedAtMs, offline.lastAtMs);
    try {
      this.#save(undefined);
    } catch (thrown) {
      this.#offline = had;
      this.#endedAtMs = endedAtMs;
      throw thrown;
    }
  }

  /** End of the last session; the next one begins no earlier, also when the clock was set back meanwhile. */
  get endedAtMs(): number {
    return this.#endedAtMs;
  }

  /** Before the gateway is asked to start a session: it may start it, and its answer be lost. */
  prepare({ sessionId, tariffText }: NumberedSession, startMs: number): void {
    if (this.#offline !== undefined) throw new Error('a session of the other door runs at this outlet');
    const unknown = { wasStarted: false, startMs, lastAtMs: startMs };
    try {
      this.#save({ sessionId, tariffText, reportSequence: 0, unreported: [], ...unknown });
    } catch (thrown) {
      // Nobody was asked: there is no such session.
      this.#session = undefined;
      throw thrown;
    }
  }

  started(): void {
    this.#save({ ...this.#running(), wasStarted: true });
  }

  keepReading(reading: MeterReading, socPpm: number): void {
    const session = this.#running();
    const unreported = [...session.unreported, reading];
    this.#save({ ...session, lastAtMs: reading.atMs, unreported, socPpm });
  }

  /**
   * The number is used up before it is sent: a lost answer must not let other readings travel under it. What the register
   * has gained since the last reading is kept with its instant: one instant has one register.
   */
  nextReport(nowMs: number): { sequence: number; pending: readonly MeterReading[] } {
    const session = this.#running();
    const reportSequence = session.reportSequence + 1;
    this.#save({ ...session, reportSequence, lastAtMs: Math.max(session.lastAtMs, nowMs) });
    return { sequence: reportSequence, pending: session.unreported };
  }

  /** So many of the oldest readings have arrived. */
  reported(count: number): void {
    const session = this.#running();
    this.#save({ ...session, unreported: session.unreported.slice(count) });
  }

  /** The session ends now: the meter signs. The session stays in the journal until its end is kept elsewhere. */
  endNow(endMs: number, endReason: EndReason, socPpm: number | undefined): SessionEnd {
    const { sessionId, tariffText, unreported, startMs, wasStarted } = this.#running();
    // An end is a moment of its own, however soon it comes.
    const atMs = Math.max(endMs, startMs + 1);
    const readings = [...unreported, this.meter.reading(atMs, true)];
    this.#endedAtMs = atMs;
    const signedEnd = this.meter.signed(atMs, 'E', { sessionId, tariffText });
    try {
      // Before the statement leaves the station: no page number is ever used twice.
      this.#save({ ...this.#running(), lastAtMs: atMs });
    } catch (thrown) {
      // A full disk has the session as it was; its end is kept, and the meter with it, as soon as there is room.
      if (!isDiskFault(thrown)) throw thrown;
    }
    const soc = socPpm === undefined ? {} : { socPpm };
    return { sessionId, request: { endReason, readings, signedEnd, ...soc }, wasStarted };
  }

  /** The end is kept elsewhere. */
  forget(): void {
    this.#save(undefined);
  }

  #running(): JournalSession {
    if (this.#session === undefined) throw new Error('no session runs at this outlet');
    return this.#session;
  }

  #save(session: JournalSession | undefined): void {
    this.#session = session;
    const { registerWms, page } = this.meter.state;
    const meter = { registerWms: registerWms.toString(), page, endedAtMs: this.#endedAtMs };
    const journal: OutletJournal = { meter };
    const [offline, beside] = [this.#offline, session === undefined ? journal : { ...journal, session }];
    this.#store.save(offline === undefined ? beside : { ...beside, offline });
  }
}
