import type { Claim, Source } from '@roamgrid/domain/power';
import type { ChargeTerms, ComputeEnergy, JobStatus, SignedEnergy } from '@roamgrid/wire';

/** Why a device could not be read or told. `UNREACHABLE` may pass; the others are for an operator. */
export type AdapterErrorCode = 'UNREACHABLE' | 'MALFORMED' | 'REFUSED';

export class AdapterError extends Error {
  override readonly name = 'AdapterError';
  readonly code: AdapterErrorCode;

  constructor(code: AdapterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Of several orders a device followed all but these. */
export class PartlyRefused extends AdapterError {
  readonly claimIds: readonly string[];

  constructor(claimIds: readonly string[]) {
    super('REFUSED', `not followed: ${claimIds.join(', ')}`);
    this.claimIds = claimIds;
  }
}

/** What a device has to say beside its figures: a LED, a temperature, a door. Shown, recorded, never decided upon by the core. */
export type DeviceFacts = Readonly<Record<string, string>>;

export interface SourceReading {
  /** With `measuredAtMs`. */
  readonly source: Source;
  /** What it puts out now, W; negative: it takes in. */
  readonly measuredW: bigint;
  readonly facts?: DeviceFacts;
}

/** One thing at a site that gives power. Every call ends within the signal; it rejects with an AdapterError. */
export interface SourceAdapter {
  readonly sourceId: string;
  read(signal: AbortSignal): Promise<SourceReading>;
  /** What it is to put out, W (negative: take in), until it is told anew or the time is over. Idempotent. Only of what can be told. */
  setW?(order: { readonly watts: bigint; readonly lapsesAtMs: number }, signal: AbortSignal): Promise<void>;
  /** What its own meter signed of what it gave, in intervals that ended after `fromMs` and until `untilMs`. Only of devices over HTTP. */
  readonly energy?: (fromMs: number, untilMs: number, signal: AbortSignal) => Promise<SignedEnergy>;
  close(): Promise<void>;
}

export interface LoadReading {
  readonly measuredAtMs: number;
  /** What all of it takes now, W. */
  readonly measuredW: bigint;
  readonly claims: readonly Claim[];
  readonly facts?: DeviceFacts;
}

/** What a claim may take until it is told anew; after `lapsesAtMs` it falls back to what it may take alone. */
export interface GrantOrder {
  readonly claimId: string;
  readonly watts: bigint;
  readonly laneW: readonly bigint[];
  readonly lapsesAtMs: number;
}

/** The jobs of a cabinet of servers. */
export interface CabinetJobs {
  /** All that it knows, those that are over among them. */
  list(signal: AbortSignal): Promise<readonly JobStatus[]>;
  /** Has one go on at another cabinet under its id. Idempotent: one that is there already is left so. */
  move(jobId: string, order: { readonly to: string; readonly mayRestart: boolean }): Promise<void>;
}

/** One thing at a site that takes power: an outlet, a cabinet of servers, the circuits of a house. */
export interface LoadAdapter {
  readonly loadId: string;
  read(signal: AbortSignal): Promise<LoadReading>;
  /** Idempotent; claims that are not named keep what they have until it lapses. */
  grant(orders: readonly GrantOrder[], signal: AbortSignal): Promise<void>;
  /** The least it can take without harm, at once: what the guard calls when the site is over its budget. */
  makeSafe(signal: AbortSignal): Promise<void>;
  /** What its own meter signed in intervals that ended after `fromMs` and until `untilMs`. Only of cabinets of servers. */
  readonly energy?: (fromMs: number, untilMs: number, signal: AbortSignal) => Promise<ComputeEnergy>;
  /** How a charge is planned: its price, contract and sources. Only of devices over HTTP. */
  readonly inform?: (terms: ChargeTerms, signal: AbortSignal) => Promise<void>;
  /** Only of cabinets of servers. */
  readonly jobs?: CabinetJobs;
  close(): Promise<void>;
}
