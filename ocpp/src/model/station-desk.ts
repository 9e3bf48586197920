import type { DriverPrice } from './driver-price.ts';
import type { TransferMode } from './energy-transfer.ts';
import type { BootReport, OutletNumber, StatusReport, TransactionReport } from './reports.ts';
import type { DriverToken, TokenStatus } from './token.ts';

/** A line for the driver. */
export interface DriverText {
  /** ISO 639-1. */
  readonly language: string;
  readonly text: string;
}

export interface AuthorizeAsk {
  readonly token: DriverToken;
  /** Absent where the version or the station does not say which. */
  readonly outlet?: OutletNumber;
  readonly atMs: number;
  /** The station takes more of a price than its text. */
  readonly wantsPrice?: boolean;
}

export interface AuthorizeAnswer {
  readonly status: TokenStatus;
  /** Until when a station may go by this answer without asking again. */
  readonly validUntilMs?: number;
  /** The price, the estimate and who pays, for stations that have a screen. */
  readonly texts: readonly DriverText[];
  /** What the price is made of, where the station wants it and the tariff alone says it. */
  readonly price?: DriverPrice;
  /** How energy may go in a session on this offer, where that is more than charging: 2.1. */
  readonly transferModes?: readonly TransferMode[];
  /** Of cards for which an outlet of the station is kept: the group that its reservation there is in. */
  readonly group?: string;
}

/** What a station is told of an outlet that is booked. */
export interface Reserving {
  readonly number: number;
  readonly outlet: OutletNumber;
  /** In the place of the driver's token, which nobody knows before he comes: his card belongs to the group of this name then. */
  readonly tag: string;
  readonly untilMs: number;
}

/** What a station says to it, in its own words where it says any. */
export interface Reserved {
  readonly outcome: CommandOutcome;
  readonly said?: string;
}

/** How stations are told what is booked. */
export interface StationReserver {
  /** Since when it has been connected this time; undefined while it is away. */
  connectedSinceMs(stationId: string): number | undefined;
  reserve(stationId: string, ask: Reserving): Promise<Reserved>;
  cancelReservation(stationId: string, number: number): Promise<Reserved>;
}

export interface TransactionAnswer {
  /** For a `began` of 1.6: the number that the transaction goes by. */
  readonly number?: number;
  /** Present when the message carried a token. */
  readonly status?: TokenStatus;
  /** So far, or in the end; absent while nobody knows. */
  readonly totalCostMicros?: bigint;
  readonly texts: readonly DriverText[];
}

/**
 * What every version comes down to: the edges call it, once a message, in the order in which a station's messages came. It
 * never throws for what a station says; a throw means that nothing was kept and the station has to tell it again.
 */
export interface StationDesk {
  booted(stationId: string, report: BootReport): Promise<void>;
  statusChanged(stationId: string, report: StatusReport): Promise<void>;
  authorize(stationId: string, ask: AuthorizeAsk): Promise<AuthorizeAnswer>;
  transaction(stationId: string, report: TransactionReport): Promise<TransactionAnswer>;
}

export interface PriceAsk {
  readonly transactionId: string;
  readonly price: DriverPrice;
  readonly texts: readonly DriverText[];
  /** Of the tariff that the station goes by. */
  readonly tariffId?: string;
}

export type CommandOutcome = 'accepted' | 'rejected' | 'unsupported' | 'unreachable';

/** What is asked of a station: the edges do it in the version that it speaks. */
export interface StationCommander {
  /** Ends a transaction: its limit is reached, home revoked it, or the driver or operator asks. */
  stop(stationId: string, transactionId: string): Promise<CommandOutcome>;
  start(
    stationId: string,
    ask: { readonly outlet: OutletNumber; readonly token: DriverToken; readonly remoteStart: number },
  ): Promise<CommandOutcome>;
  /** What the driver at the outlet reads; stations without a screen are `unsupported`. */
  show(
    stationId: string,
    ask: { readonly transactionId?: string; readonly texts: readonly DriverText[] },
  ): Promise<CommandOutcome>;
  /** The running cost, in micros of the session's currency. */
  showCost(stationId: string, transactionId: string, totalCostMicros: bigint): Promise<CommandOutcome>;
  /** How energy may go in a running transaction: 2.1. */
  allowTransfer(
    stationId: string,
    transactionId: string,
    modes: readonly TransferMode[],
  ): Promise<CommandOutcome>;
  /** Whether it takes more of a price than its text. */
  takesPrices(stationId: string): boolean;
  /** The price of a running transaction, where the station does not go by it already. */
  tellPrice(stationId: string, ask: PriceAsk): Promise<CommandOutcome>;
}

/** What is asked of a driver before a station is told to start: the price is shown where he asked from. */
export type RemoteOffer =
  | {
      readonly outcome: 'offer';
      /** By which it is started, and the station's transaction found again. */
      readonly remoteStart: number;
      /** Of the price that is agreed to. */
      readonly quoteHash: string;
      readonly validUntilMs: number;
      readonly texts: readonly DriverText[];
    }
  | {
      readonly outcome: 'refused';
      readonly status: TokenStatus;
      readonly code: string;
      readonly texts: readonly DriverText[];
    };

/** Starts that a driver asks for in an app, and not at the station: first the price, then the driver's yes to it. */
export interface RemoteStarts {
  offer(
    stationId: string,
    ask: { readonly outlet: OutletNumber; readonly token: DriverToken },
  ): Promise<RemoteOffer>;
  /** The driver agreed to that very price: the station is told to start. `rejected` when the offer is another one, or over. */
  start(remoteStart: number, quoteHash: string): Promise<CommandOutcome>;
}
