import type { EndReason } from '@roamgrid/domain';
import type { DriverToken } from './token.ts';

/** An outlet as the station numbers it: EVSE of 2.x, connector of 1.6; 0 is the whole station. */
export interface OutletNumber {
  readonly evse: number;
  readonly connector?: number;
}

/** A register that a station told, in the direction that it counts. */
export interface RegisterReading {
  readonly atMs: number;
  readonly registerMilliWh: bigint;
  readonly direction: 'import' | 'export';
  /** Where in the transaction it was taken. */
  readonly context: 'begin' | 'end' | 'interrupted' | 'between';
}

/** A signed meter value as it came: its text is kept as text and never written again. */
export interface SignedReading {
  readonly atMs: number;
  /** `OCMF|…`, when its encoding says so; else what the station sent. */
  readonly text: string;
  readonly encoding: string;
  readonly context: RegisterReading['context'];
  /** The meter's key as the station states it: a hint, the ledger's registry decides. */
  readonly publicKey?: string;
}

/** Whose number a transaction goes by: the station's own (2.x), ours (1.6), or none because the station never got one. */
export type TransactionRef =
  { readonly by: 'station'; readonly id: string } | { readonly by: 'us'; readonly number: number };

/**
 * One message about a transaction, whatever its version. Messages come twice, late, in any order, and some never: what each of
 * these comes to is stated in `docs/ocpp.md`.
 */
export interface TransactionReport {
  readonly phase: 'began' | 'moved' | 'ended';
  /** Absent in a `began` of 1.6, which asks for a number. */
  readonly transaction?: TransactionRef;
  /** Place in the transaction's messages, 2.x. */
  readonly sequence?: number;
  /** The same for the same message, however often it comes. */
  readonly messageKey: string;
  readonly outlet?: OutletNumber;
  readonly token?: DriverToken;
  /** By the station's clock. */
  readonly atMs: number;
  /** When it reached us, by ours. */
  readonly receivedAtMs: number;
  /** The station says that it kept this while it was offline. */
  readonly isOffline: boolean;
  /** False while the car is connected and takes no energy; absent when the message does not tell. */
  readonly isCharging?: boolean;
  readonly readings: readonly RegisterReading[];
  readonly signed: readonly SignedReading[];
  readonly powerW?: bigint;
  readonly socPpm?: number;
  readonly endReason?: EndReason;
  /** Of the reservation that it uses up. */
  readonly reservation?: number;
  /** Of the remote start that it answers. */
  readonly remoteStart?: number;
  /** The tariff that the station calculates with, 2.1. */
  readonly tariffId?: string;
  /** What the station makes of it by itself, 2.1. No bill is made from it. */
  readonly stationCost?: StationCost;
}

/** A station's own calculation. */
export interface StationCost {
  readonly currency: string;
  /** With tax; absent where the station does not say, or could not calculate. */
  readonly totalMicros?: bigint;
}

/** What a station says of itself when it starts. */
export interface BootReport {
  readonly vendor: string;
  readonly model: string;
  readonly serial?: string;
  readonly firmware?: string;
  readonly meterSerial?: string;
  readonly reason?: string;
}

/** What is told of an outlet, or of the whole station. */
export interface StatusReport {
  readonly outlet: OutletNumber;
  readonly atMs: number;
  readonly state: 'available' | 'occupied' | 'reserved' | 'unavailable' | 'faulted';
  /** False while a car is connected and takes no energy; absent where the version does not tell it here. */
  readonly isCharging?: boolean;
  readonly errorCode?: string;
  readonly detail?: string;
}
