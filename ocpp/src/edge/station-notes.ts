import type { StatusReport } from '../model/reports.ts';

/** What a station told that no bill depends on: for who runs it. The last of each is kept, not their history. */
export interface StationNote {
  readonly bootedAtMs?: number;
  readonly vendor?: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly firmwareStatus?: string;
  readonly logStatus?: string;
  readonly outlets: Readonly<Record<string, StatusReport>>;
  readonly securityEvents: readonly SecurityEvent[];
  readonly reservations: Readonly<Record<string, string>>;
  /** Why the last price was told as a text alone to a station that takes tariffs: 2.1. */
  readonly priceAsText?: string;
  /** Payments by a terminal of the station’s own. */
  readonly settlements: readonly SettlementNote[];
}

export interface SettlementNote {
  readonly status: string;
  /** As the station wrote it, in whatever currency its terminal takes. */
  readonly amount: string;
  readonly atMs: number;
  readonly transactionId?: string;
}

export interface SecurityEvent {
  readonly type: string;
  readonly atMs: number;
  readonly info?: string;
}

const EMPTY: StationNote = { outlets: {}, securityEvents: [], reservations: {}, settlements: [] };
/** The newest of these are kept of each station. */
const KEPT_EVENTS = 50;
const KEPT_ENTRIES = 200;

/** Stations of the configuration only are noted, so that its size is bounded. */
export class StationNotes {
  readonly #notes = new Map<string, StationNote>();

  of(stationId: string): StationNote {
    return this.#notes.get(stationId) ?? EMPTY;
  }

  note(stationId: string, changes: Partial<StationNote>): void {
    this.#notes.set(stationId, { ...this.of(stationId), ...changes });
  }

  status(stationId: string, report: StatusReport): void {
    const { evse, connector } = report.outlet;
    const at = connector === undefined ? `${evse}` : `${evse}/${connector}`;
    this.note(stationId, { outlets: newest({ ...this.of(stationId).outlets, [at]: report }) });
  }

  security(stationId: string, event: SecurityEvent): void {
    const { securityEvents } = this.of(stationId);
    this.note(stationId, { securityEvents: [...securityEvents, event].slice(-KEPT_EVENTS) });
  }

  settlement(stationId: string, settlement: SettlementNote): void {
    const { settlements } = this.of(stationId);
    this.note(stationId, { settlements: [...settlements, settlement].slice(-KEPT_EVENTS) });
  }

  reservation(stationId: string, reservationId: number, state: string): void {
    const { reservations } = this.of(stationId);
    this.note(stationId, { reservations: newest({ ...reservations, [reservationId]: state }) });
  }
}

const newest = <T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(entries).slice(-KEPT_ENTRIES));
