import type { StationDefinition, UtilityDefinition } from '../system/consortium.ts';

/** What the process of a station is to be. */
export interface StationOrder {
  /** Folder of the system: the ring of keys is there. */
  readonly systemDir: string;
  /** Where the station keeps what survives a power cut. */
  readonly stateDir: string;
  readonly utility: Pick<UtilityDefinition, 'utilityId'>;
  readonly station: Pick<StationDefinition, 'stationId' | 'name' | 'timeZone'>;
  readonly outlets: readonly {
    readonly evseId: string;
    readonly meterId: string;
    /** As text: orders travel as JSON. */
    readonly maxPowerW: string;
    readonly kioskPort: number;
    /** Holds the car that stands there. */
    readonly carFile: string;
  }[];
  /** The way to the gateway, and what the gateway calls itself. */
  readonly gatewayUrl: string;
  readonly gatewayOrigin: string;
  /** Holds by how much the station's clock is off when it starts, ms. */
  readonly skewFile: string;
}
