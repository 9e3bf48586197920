import type { Logger } from '@roamgrid/service-kit';
import type { DoorClock, GatewayClient } from '@roamgrid/station-kit';
import type { OutletNumber } from '../model/reports.ts';
import type { StationCommander } from '../model/station-desk.ts';
import type { OutletSetup, StationSetup } from '../model/station.ts';
import type { Db } from '../store/tables.ts';
import type { TokenVault } from './token-vault.ts';

/** How long what is waited for, wall ms. */
export interface DeskTimes {
  /** The driver's own device, once the station has begun. */
  readonly consentMs: number;
  /** A station that started anew, for word of the transactions that it had. */
  readonly resumeMs: number;
  /** Word of a transaction whose outlet its station calls free, once a driver comes. */
  readonly freeMs: number;
  /** A station that tells nothing of a transaction. */
  readonly silentMs: number;
  /** Before a station that did not stop is told again; longer each time. */
  readonly stopAgainMs: number;
  /** Word of who charges, of a transaction that nobody was named for. */
  readonly namelessMs: number;
  /** Before what the gateway could not be asked is asked again. */
  readonly retryMs: number;
  /** The bill, before a station is answered without it. */
  readonly billMs: number;
  /** Between two looks at what is booked at a station. */
  readonly bookedMs: number;
}

export const DEFAULT_TIMES: DeskTimes = {
  consentMs: 60_000,
  resumeMs: 600_000,
  freeMs: 60_000,
  silentMs: 12 * 3_600_000,
  stopAgainMs: 30_000,
  namelessMs: 10_000,
  retryMs: 1_000,
  billMs: 2_000,
  bookedMs: 60_000,
};

/** A station of the configuration with its way to the gateway. */
export interface DeskStation {
  readonly setup: StationSetup;
  readonly gateway: GatewayClient;
}

export interface DeskContext {
  readonly db: Db;
  readonly stations: ReadonlyMap<string, DeskStation>;
  readonly clock: DoorClock;
  readonly vault: TokenVault;
  readonly commander: StationCommander;
  readonly logger: Logger;
  readonly times: DeskTimes;
}

export const outletOfNumber = (
  { outlets }: StationSetup,
  { evse, connector }: OutletNumber,
): OutletSetup | undefined =>
  outlets.find(
    ({ number }) =>
      number.evse === evse &&
      (connector === undefined || number.connector === undefined || number.connector === connector),
  );

export const outletOfEvse = ({ outlets }: StationSetup, evseId: string | null): OutletSetup | undefined =>
  outlets.find((outlet) => outlet.evseId === evseId);
