import type { ChargerLoad, IssuerList } from '@roamgrid/offline';
import type { offlineMeans, offlineStation, offlineToken } from '@roamgrid/wire';
import type { z } from 'zod';
import type { Reservation } from '../booking/calls.ts';
import type { Place } from '../booking/wish.ts';

/** What a phone keeps of its wallet. */

export type Token = z.input<typeof offlineToken>;
export type Means = z.input<typeof offlineMeans>;

/** By a token's price, in micros of its currency, taxes included. */
export interface Price {
  readonly microsPerKWh: string;
  readonly microsPerHour: string;
  readonly microsPerSession: string;
}

/** A token with the price that was agreed to for it, and where its outlet is. */
export interface KeptToken extends Token {
  /** Whose it is, as the utility names him to this app. */
  readonly owner: string;
  readonly evseId: string;
  readonly sessions: number;
  readonly price: Price;
  readonly place: Pick<Place, 'stationId' | 'name' | 'address' | 'timeZone'>;
}

/** Where the record of a session is: at the charger, on this phone, or with the utility of the charger. */
export type RecordState = 'charger' | 'phone' | 'taken' | 'booked' | 'refused';

/** A session that this phone started. */
export interface KeptSession {
  /** The outlet's id and the number that the charger gave it. */
  readonly sessionId: string;
  readonly owner: string;
  readonly tokenId: string;
  readonly vun: string;
  readonly evseId: string;
  readonly number: number;
  readonly placeName: string;
  readonly currency: string;
  /** By this phone's clock. */
  readonly beganMs: number;
  /** When it ends at the latest. */
  readonly endsMs: number;
  /** When the car can have what was asked for at the soonest, as the charger said last; null when it will not before the end. */
  readonly readyMs?: number | null;
  readonly mostWh: string;
  readonly mostMicros: string;
  readonly ended?: {
    readonly atMs: number;
    readonly energyWh: string;
    readonly costMicros: string;
    readonly reason: string;
  };
  readonly record: RecordState;
}

/** What a charger handed over: its own session or a stranger's. Only the utility of the charger can read it. */
export interface KeptRecord {
  readonly recordId: string;
  readonly vun: string;
  readonly evseId: string;
  readonly number: number;
  readonly sealed: Uint8Array;
  readonly takenAtMs: number;
}

/** What a phone carries to the charger of one outlet, as its utility gave it, and whom it believes to vouch for that. */
export interface KeptLoad {
  readonly evseId: string;
  readonly vun: string;
  readonly load: ChargerLoad;
  readonly members: IssuerList;
  readonly atMs: number;
}

/** An entry of the credit ledger of one key of this phone. */
export interface KeptEntry {
  /** The phone's id and the entry's number. */
  readonly entryId: string;
  readonly phoneId: string;
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** What a charger said of itself, for its utility alone. */
export interface KeptDiagnosis {
  readonly evseId: string;
  readonly vun: string;
  readonly sealed: Uint8Array;
}

export type Station = z.input<typeof offlineStation>;
/** A place on earth. */
export type Spot = NonNullable<Station['place']>;

/** Where a utility's chargers without network are, as it said last. */
export interface KeptPlaces {
  readonly vun: string;
  readonly stations: readonly Station[];
  /** By the utility's clock. */
  readonly atMs: number;
}

/** What the wallet was last told of the driver's account. */
export interface About {
  readonly owner: string;
  readonly means: Means;
  readonly reservations: readonly Reservation[];
  readonly atMs: number;
}

/** Whether it flows, as far as this phone knows. */
export const isRunning = ({ ended, endsMs }: KeptSession, nowMs: number): boolean =>
  ended === undefined && nowMs < endsMs;

export const sessionIdOf = (evseId: string, number: number): string => `${evseId} ${number}`;

const zero = { sessions: 0, energyWh: 0n, costMicros: 0n };

/** What was used of a token by what this phone knows; a session that runs counts with the most that it may come to. */
export const usedOf = (tokenId: string, sessions: readonly KeptSession[]): typeof zero =>
  sessions
    .filter((session) => session.tokenId === tokenId)
    .reduce(
      (sum, { ended, mostWh, mostMicros }) => ({
        sessions: sum.sessions + 1,
        energyWh: sum.energyWh + BigInt(ended?.energyWh ?? mostWh),
        costMicros: sum.costMicros + BigInt(ended?.costMicros ?? mostMicros),
      }),
      zero,
    );

export interface Left {
  readonly sessions: number;
  readonly energyWh: bigint;
  readonly costMicros: bigint;
}

const natural = (value: bigint): bigint => (value > 0n ? value : 0n);

export const leftOf = (token: KeptToken, sessions: readonly KeptSession[]): Left => {
  const used = usedOf(token.tokenId, sessions);
  return {
    sessions: Math.max(0, token.sessions - used.sessions),
    energyWh: natural(BigInt(token.energyWh) - used.energyWh),
    costMicros: natural(BigInt(token.costMicros) - used.costMicros),
  };
};

const WH_PER_KWH = 1_000n;

/**
 * The most energy that may be asked for by what is left of a token, Wh: no more than its money pays, rounded down, as chargers round the cost of
 * energy up.
 */
export const askableWh = ({ price }: KeptToken, { energyWh, costMicros }: Left): bigint => {
  const byEnergy = BigInt(price.microsPerKWh);
  if (byEnergy === 0n) return energyWh;
  const payable = (natural(costMicros - BigInt(price.microsPerSession)) * WH_PER_KWH) / byEnergy;
  return payable < energyWh ? payable : energyWh;
};
