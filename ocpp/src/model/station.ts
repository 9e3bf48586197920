import type { KeyObject } from 'node:crypto';
import type { StationIdentity } from '@roamgrid/station-kit';
import type { MeterJwk } from '@roamgrid/wire';
import type { TransferMode } from './energy-transfer.ts';
import type { OutletNumber } from './reports.ts';

/** An outlet of a station as the utility set it up. */
export interface OutletSetup {
  readonly number: OutletNumber;
  readonly evseId: string;
  /** More than this can carry is not billed. */
  readonly maxPowerW: bigint;
  /** How energy may go there, where a car may also give it back; charging alone where nothing is said. */
  readonly transferModes?: readonly TransferMode[];
  /** By which the utility vouches for values of a meter that signs nothing; registered on the ledger as signed by the operator. */
  readonly operatorMeter: { readonly meterId: string; readonly key: KeyObject };
  /** The public key of a meter that signs; registered on the ledger as the meter's. */
  readonly signingMeter?: { readonly meterId: string; readonly publicKey: MeterJwk };
}

/** A station as the utility set it up: what a station says of itself changes none of it. */
export interface StationSetup {
  /** How it proves itself to the gateway; its key signs drivers' consents. */
  readonly identity: StationIdentity;
  readonly outlets: readonly OutletSetup[];
  /** Whether drivers read there what the station is told to show: then starting is consenting. */
  readonly hasScreen: boolean;
  /** What a driver asks for who can choose nothing there. */
  readonly usualAsk: { readonly requestedEnergyWh: bigint; readonly plannedMs: number };
}
