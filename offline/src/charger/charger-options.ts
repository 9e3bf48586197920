import type { FirmwareUpdate } from '../firmware/firmware-update.ts';
import type { ChargerIdentity } from '../handshake/charger.ts';
import type { Place } from '../place/place.ts';
import type { NeighbourNet } from '../neighbours/neighbourhood.ts';
import type { Suite } from '../suite/suite.ts';
import type { ChargerClock } from './charger-clock.ts';
import type { Flash } from './flash.ts';
import type { OutletPort } from './outlet-port.ts';
import type { QuarterReadings } from './quarter-readings.ts';
import type { SpentTokens } from './spent-tokens.ts';
import type { Operator } from './utility-words.ts';
import type { Vault } from './vault.ts';

export interface OfflineChargerOptions {
  readonly suite: Suite;
  readonly identity: ChargerIdentity;
  readonly groupIds: readonly string[];
  readonly operator: Operator;
  /** The list of issuers that it was set up with: holds until a phone brings a later one. */
  readonly firstIssuers?: Uint8Array;
  readonly clock: ChargerClock;
  readonly outlet: OutletPort;
  readonly flash: {
    readonly memory: Flash;
    readonly spent: Flash;
    readonly vault: Flash;
    readonly readings: Flash;
  };
  /** Where firmware can come by phones: what takes it, and who says when it is used least. */
  readonly firmware?: {
    readonly update: FirmwareUpdate;
    isOffHours(nowS: number): boolean;
    /** Starts the charger anew. */
    restart(): void;
  };
  /** Other chargers of its utility on its local network. */
  readonly neighbours?: NeighbourNet;
  /** How many sessions it keeps whose money is not booked. */
  readonly capacity?: number;
}

/** What it reads at its start. */
export interface Kept {
  readonly spent: SpentTokens;
  readonly vault: Vault;
  readonly readings: QuarterReadings;
  readonly place: Place;
}
