import type { Tariff, ZoneOffsets } from '@roamgrid/domain';

/** What a driver pays by, for stations that can do more with it than show a text. The bill is made from the same. */
export interface DriverPrice {
  /** The published version that the offer names. */
  readonly tariff: Tariff;
  /** Negotiated change of the tariff's total. */
  readonly adjustmentPpm: bigint;
  /** Of the offer. */
  readonly currency: string;
  /** The local time by which the session is billed. */
  readonly zoneOffsets: ZoneOffsets;
}
